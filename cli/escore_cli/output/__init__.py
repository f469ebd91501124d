"""What commands write: destinations, formats, terminal colors, progress, messages."""
