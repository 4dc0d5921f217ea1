"""The forum: spaces hold topics, topics hold messages."""
