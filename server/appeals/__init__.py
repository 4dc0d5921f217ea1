"""Appeals: somebody else looks again at what was decided, and can put all of it back."""
