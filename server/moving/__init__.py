"""A whole community in a folder of plain files: written by one installation, laid into another, on either database."""
