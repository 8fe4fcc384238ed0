"""Our files and other projects' of the same sizes flow in, and milliseconds a token flow out."""
