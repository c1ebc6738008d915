"""A strict fake Slack: everything a bot needs to be tried without an account, and refused as the real one refuses."""

from bot.sandbox.slack.acting import Trouble
from bot.sandbox.slack.blocks import check_message, check_options, check_view
from bot.sandbox.slack.deliver import Answer, Exchange
from bot.sandbox.slack.fake import FakeSlack
from bot.sandbox.slack.forms import FormError
from bot.sandbox.slack.reading import buttons_of, labels_of, links_of, menu_of, pings_of, text_of
from bot.sandbox.slack.sample import sample_world
from bot.sandbox.slack.server import Call
from bot.sandbox.slack.state import View
from bot.sandbox.slack.world import Channel, Installation, Message, Team, User, World

__all__ = [
    "Answer",
    "Call",
    "Channel",
    "Exchange",
    "FakeSlack",
    "FormError",
    "Installation",
    "Message",
    "Team",
    "Trouble",
    "User",
    "View",
    "World",
    "buttons_of",
    "check_message",
    "check_options",
    "check_view",
    "labels_of",
    "links_of",
    "menu_of",
    "pings_of",
    "sample_world",
    "text_of",
]
