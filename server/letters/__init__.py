"""Letters between a member and the moderators of a space. Members cannot write to each other in private."""
