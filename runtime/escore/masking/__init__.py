"""Replace the entities of a text, and put them back."""
