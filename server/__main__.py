"""`python -m server` is the same command as `baraza`."""

from server.cli import main

if __name__ == "__main__":
    main()
