"""One reader a format; formats.py finds the format of a file."""
