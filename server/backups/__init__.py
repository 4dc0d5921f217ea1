"""Copies of the whole house: written while it serves, sealed to recovery officers, and laid back so that nothing
erased returns."""
