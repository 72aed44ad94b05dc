"""What calls cost and how much of an allowance is left."""
