"""The page that runs model files in a browser; `s2s-keras web` copies it. Holds no Python."""
