"""What Python makes of many texts, which every other runtime must make of them, too."""
