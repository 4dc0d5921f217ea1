"""Hosting: a space is begun, opened, led, locked, handed on and archived by people of its own."""
