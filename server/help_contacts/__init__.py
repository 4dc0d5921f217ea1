"""Places and numbers that help, by area and language, checked by a person again and again."""
