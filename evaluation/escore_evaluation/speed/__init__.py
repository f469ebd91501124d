"""How long scoring takes on this machine, and the report of it."""
