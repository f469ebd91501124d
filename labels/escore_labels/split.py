"""Which texts are held out from training: the same ones for ever, however many others come or go."""

import hashlib

from escore_labels.record import Record

HELD_OUT = 5  # one text in so many


def is_held_out(record: Record) -> bool:
    """Whether a text is for measuring only: so marked, or every fifth by the SHA-256 of its text."""
    digest = hashlib.sha256(record.text.encode("utf-8", "surrogatepass")).digest()
    return record.held_out or int.from_bytes(digest[:8], "big") % HELD_OUT == 0
