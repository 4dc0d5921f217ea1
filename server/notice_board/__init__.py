"""What hangs at the entrance: the promises, and a few words for machines."""
