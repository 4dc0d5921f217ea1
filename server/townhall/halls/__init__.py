"""The hall itself: what it is about, who does what in it, who sits in it, and what has happened."""
