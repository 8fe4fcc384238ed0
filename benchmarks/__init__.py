"""Models and data flow in, and the figures of the README flow out: scripts that check limits."""
