"""The darkroom: the one place where pictures that people send are opened, and never in the server's own process."""
