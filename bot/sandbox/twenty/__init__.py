"""A strict fake of the Maton gateway and of Twenty CRM behind it; it imports nothing from the rest of the bot."""

from bot.sandbox.twenty import samples
from bot.sandbox.twenty.crm import FakeCRM
from bot.sandbox.twenty.exchanges import Exchange, RecordChanged
from bot.sandbox.twenty.faults import Fault
from bot.sandbox.twenty.maton import FakeMaton
from bot.sandbox.twenty.schema import Field, Profile, Type

__all__ = ["Exchange", "FakeCRM", "FakeMaton", "Fault", "Field", "Profile", "RecordChanged", "Type", "samples"]
