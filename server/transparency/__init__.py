"""The public account: what was decided here, how long people waited, how often the machine and we were wrong."""
