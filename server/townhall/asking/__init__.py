"""Questions: asked, read by a moderator, endorsed, answered."""
