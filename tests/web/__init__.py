"""What the browser's side of the product must do as Python does."""
