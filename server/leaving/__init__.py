"""Leaving for good: at once for the account, and at another moment in every space."""
