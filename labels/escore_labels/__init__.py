"""Labeled text: tokens, tag sets, and readers of the formats that corpora come in."""
