"""Announcements by those who may speak for an organisation, and warnings of known tricks."""
