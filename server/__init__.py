"""The server: one folder for each thing that people do; see the map in README.md."""
