"""The review of labels: a queue of texts, what people decide of their spans, and the training that follows."""
