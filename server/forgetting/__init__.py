"""The forget list of the community: what must not return from a copy that was made before it was taken away."""
