"""Afterwards: what people said, what is done about it, by whom and until when."""
