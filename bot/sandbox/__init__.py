"""The fakes that ship with the bot, and the page that shows them."""
