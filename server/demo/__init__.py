"""The demonstration: a fictional community on real-looking, multilingual content."""
