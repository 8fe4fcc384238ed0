"""Rivals of our model flow in, and the figures behind what the README claims flow out."""
