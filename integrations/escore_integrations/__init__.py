"""escore inside other libraries: a component of spaCy, and a recognizer of Presidio."""
