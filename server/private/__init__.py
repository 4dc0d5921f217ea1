"""The private room: a process, a database, keys and sessions of its own. Nothing of the community is known here."""
