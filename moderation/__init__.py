"""How the machine judges a text. Knows no web and no database; decides nothing alone."""
