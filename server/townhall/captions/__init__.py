"""Captions in several languages, written by people."""
