"""Short conversations with the user."""
