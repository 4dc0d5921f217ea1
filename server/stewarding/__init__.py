"""What a steward does to run the installation."""
