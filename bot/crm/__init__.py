"""The one room that knows Maton and Twenty; everybody else speaks of records, changes and queries."""

from bot.answers import Page, Schema, Whereabouts, Workflow
from bot.crm.connections import Connection, Maton
from bot.crm.crms import CRMs
from bot.crm.maton import Gateway, Hooks, http_client
from bot.crm.pace import Pacer, Urgency
from bot.crm.shapes import settled
from bot.crm.twenty import Twenty

__all__ = [
    "CRMs",
    "Connection",
    "Gateway",
    "Hooks",
    "Maton",
    "Pacer",
    "Page",
    "Schema",
    "Twenty",
    "Urgency",
    "Whereabouts",
    "Workflow",
    "http_client",
    "settled",
]
