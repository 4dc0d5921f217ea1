"""What is kept about a member, handed over to the member: made from the same map that the promises are made from."""
