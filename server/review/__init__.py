"""The desk of the moderators: one queue for everything that a person should look at."""
