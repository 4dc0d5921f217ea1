"""The one room where secrets are made: keys, passphrases, codes, tokens."""
