"""The tables. Instants are stored in UTC and come back aware; JSON columns hold plain lists and objects."""

from storage.schema.base import Id, Instant, metadata
from storage.schema.catalogue import catalogue_rows
from storage.schema.conversations import conversations, inbox, links
from storage.schema.outreach import campaign_marks, campaigns, occasions, outbox, sender_leases, snoozes
from storage.schema.people import accounts, audit, coalitions, memberships, organisations, participants, pledges

__all__ = [
    "Id",
    "Instant",
    "accounts",
    "audit",
    "campaign_marks",
    "campaigns",
    "catalogue_rows",
    "coalitions",
    "conversations",
    "inbox",
    "links",
    "memberships",
    "metadata",
    "occasions",
    "organisations",
    "outbox",
    "participants",
    "pledges",
    "sender_leases",
    "snoozes",
]
