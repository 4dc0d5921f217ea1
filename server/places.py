"""Where the parts that are not Python lie: in the checkout, or shipped inside the wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "_shipped"
CHECKOUT = _PACKAGE.parent
"""The folder that holds `server/`; only in a checkout does it also hold the rest."""
RESTORING = "restoring.key"
"""In the data directory while a copy is being laid back."""


def shipped(part: str) -> Path:
    """The folder of `templates`, `static`, `policies` or `locale`."""
    return _SHIPPED / part if _SHIPPED.is_dir() else CHECKOUT / part


def policies(data_dir: Path) -> Path:
    """The policies in force: the operator's own folder if there is one, else the shipped one."""
    own = data_dir / "policies"
    return own if own.is_dir() else shipped("policies")
