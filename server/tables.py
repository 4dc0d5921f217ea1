"""Imports every table once, so that migrations and the data map see them all."""

from server.accounts import models as accounts
from server.announcements import models as announcements
from server.appeals import models as appeals
from server.database import metadata
from server.finding import models as finding
from server.forum import models as forum
from server.going_live import models as going_live
from server.help_contacts import models as help_contacts
from server.leaving import models as leaving
from server.ledger import models as ledger
from server.letters import models as letters
from server.pictures import models as pictures
from server.retention import models as retention
from server.review import models as review
from server.spaces import models as spaces
from server.townhall.asking import models as hall_questions
from server.townhall.calling import models as hall_calls
from server.townhall.captions import models as hall_captions
from server.townhall.halls import models as halls
from server.townhall.polling import models as hall_polls
from server.townhall.record import models as hall_records

__all__ = [
    "accounts",
    "announcements",
    "appeals",
    "finding",
    "forum",
    "going_live",
    "hall_calls",
    "hall_captions",
    "hall_polls",
    "hall_questions",
    "hall_records",
    "halls",
    "help_contacts",
    "leaving",
    "ledger",
    "letters",
    "metadata",
    "pictures",
    "retention",
    "review",
    "spaces",
]
