"""Asking for a counsellor during a hall: no words, only a seat that somebody should speak to."""
