"""From labeled corpora to a checkpoint."""
