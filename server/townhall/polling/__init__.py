"""Polls: one choice, several, a scale, yes or no or unsure, and answers in own words."""
