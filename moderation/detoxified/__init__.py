"""Detoxify for operators who have its weights: made ready once, then judged in a child process."""
