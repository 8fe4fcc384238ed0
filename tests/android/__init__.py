"""What Android's side of the product must do as Python does."""
