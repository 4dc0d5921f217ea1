"""Imports every table once, so that migrations and the data map see them all."""

from server.accounts import models as accounts
from server.announcements import models as announcements
from server.appeals import models as appeals
from server.database import metadata
from server.finding import models as finding
from server.forum import models as forum
from server.help_contacts import models as help_contacts
from server.ledger import models as ledger
from server.letters import models as letters
from server.pictures import models as pictures
from server.review import models as review
from server.spaces import models as spaces

__all__ = [
    "accounts",
    "announcements",
    "appeals",
    "finding",
    "forum",
    "help_contacts",
    "ledger",
    "letters",
    "metadata",
    "pictures",
    "review",
    "spaces",
]
