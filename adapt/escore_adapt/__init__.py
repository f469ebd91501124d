"""A person's corrections to a bundle with a personal head: in seconds, without torch."""
