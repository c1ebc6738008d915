"""The same job, written as others would; each file is a program that reads its addresses from the environment."""
