"""A helper's desk: questions from a room, a receipt for those who asked, and text messages that were passed on."""
