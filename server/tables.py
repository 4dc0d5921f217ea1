"""Imports every table once, so that migrations and the data map see them all."""

from server.accounts import models as accounts
from server.database import metadata
from server.forum import models as forum
from server.pictures import models as pictures
from server.review import models as review
from server.spaces import models as spaces

__all__ = ["accounts", "forum", "metadata", "pictures", "review", "spaces"]
