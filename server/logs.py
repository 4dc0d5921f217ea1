"""What is logged: type and place of a fault, and what an operator must know. Never a person's words or address.

uvicorn's own configuration is replaced, because it writes the address of every socket even with its access
log off, and the values in a traceback may be somebody's text.
"""

import logging
import traceback
from pathlib import Path
from typing import Any


class WithoutValues(logging.Formatter):
    """Says which kind of fault it was, without its message or its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        words = record.getMessage() if record.name.startswith("baraza") else f"{record.name} {kind}".strip()
        return f"{record.levelname.lower()}: {words}"


CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": WithoutValues}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "baraza": {"level": "INFO"},
        "python_multipart": {"level": "CRITICAL", "propagate": False, "handlers": []},
        "uvicorn": {"level": "ERROR", "propagate": True, "handlers": []},
        "uvicorn.error": {"level": "ERROR", "propagate": True, "handlers": []},
        "uvicorn.access": {"level": "CRITICAL", "propagate": False, "handlers": []},
    },
}


def where(error: BaseException) -> str:
    """The innermost place in our own code at which something went wrong, without any value."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/server/" in frame.filename or "/moderation/" in frame.filename]
    if not (frames or ours):
        return "?"
    last = (ours or list(frames))[-1]
    path = Path(last.filename)
    return f"{path.parent.name}/{path.name}:{last.lineno}"
