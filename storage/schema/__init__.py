"""The tables. Instants are stored in UTC and come back aware; JSON columns hold plain lists and objects."""

from storage.schema.base import Id, Instant, metadata
from storage.schema.catalogue import catalogue_rows
from storage.schema.conversations import conversations, inbox, links
from storage.schema.files import files
from storage.schema.outreach import campaign_marks, campaigns, occasions, outbox, places, sender_leases, snoozes
from storage.schema.people import accounts, audit, coalitions, memberships, organisations, participants, pledges
from storage.schema.progress import digests, indicators, obligations, report_history, report_values, reports
from storage.schema.studies import (
    amendments,
    answers,
    panel_links,
    panellists,
    proposals,
    pseudonyms,
    round_items,
    studies,
    study_items,
    study_log,
    study_rounds,
)

__all__ = [
    "Id",
    "Instant",
    "accounts",
    "amendments",
    "answers",
    "audit",
    "campaign_marks",
    "campaigns",
    "catalogue_rows",
    "coalitions",
    "conversations",
    "digests",
    "files",
    "inbox",
    "indicators",
    "links",
    "memberships",
    "metadata",
    "obligations",
    "occasions",
    "organisations",
    "outbox",
    "panel_links",
    "panellists",
    "participants",
    "places",
    "pledges",
    "proposals",
    "pseudonyms",
    "report_history",
    "report_values",
    "reports",
    "round_items",
    "sender_leases",
    "snoozes",
    "studies",
    "study_items",
    "study_log",
    "study_rounds",
]
