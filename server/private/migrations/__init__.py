"""The history of the private database, one line of revisions, upwards only."""
