"""What must be true before the first space of an installation opens: what the server sees, what people confirm."""
