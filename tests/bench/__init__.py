"""What a command, a click and a start cost here, and in what others would build: `python -m tests.bench`."""
