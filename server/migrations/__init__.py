"""The history of the community database, one line of revisions, upwards only."""
