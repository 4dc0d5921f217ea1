"""Finding what was said: an index of our own words, on both databases alike."""
