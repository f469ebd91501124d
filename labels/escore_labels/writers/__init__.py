"""One writer a format; escore_labels.formats names them all."""
