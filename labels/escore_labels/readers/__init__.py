"""One reader a format; corpus.py finds the format of a corpus, escore_labels.detect that of labels."""
