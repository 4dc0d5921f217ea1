"""What somebody with a seat sees and does: the page of a hall, questions, votes."""
