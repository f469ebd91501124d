"""escore measured next to what one would use instead: `make bench` runs every row, see __main__.py."""
