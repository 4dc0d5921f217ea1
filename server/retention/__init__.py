"""What is too old goes: every lifetime of retention.toml, kept by one run a day."""
