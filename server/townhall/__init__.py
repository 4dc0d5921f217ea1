"""Town halls: live, moderated, and open to people without an account."""
