"""Imports every table once, so that migrations and the data map see them all."""

from server.accounts import models as accounts
from server.database import metadata
from server.finding import models as finding
from server.forum import models as forum
from server.letters import models as letters
from server.review import models as review
from server.spaces import models as spaces

__all__ = ["accounts", "finding", "forum", "letters", "metadata", "review", "spaces"]
