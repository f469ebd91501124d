"""A person's labeled texts, and a model that ships, to a model of their own."""
