"""From a checkpoint to a bundle that is checked against it."""
