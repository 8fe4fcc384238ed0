"""Our corrector beside the checkers in use today, on the same files in the same run."""
