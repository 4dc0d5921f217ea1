"""Spaces: the rooms of the forum, which accounts join and topics stand in."""
