"""Accounts without personal data: joining, signing in, names, sessions, staff."""
