"""Hashes by which texts and documents are told apart from run to run, and on other machines."""

import hashlib

LOW = 0xFFFF_FFFF  # of a text hash: what is kept where space is short


def text_hash(text: str) -> int:
    """63 bits that tell texts apart. The low 32 are `content_hash`."""
    return hash_parts(8, "text", text) >> 33 << 32 | content_hash(text)


def content_hash(text: str) -> int:
    """32 bits of a hash of a text."""
    return hash_parts(4, text)


def hash_parts(size: int, *parts: str) -> int:
    """The BLAKE2b hash of several strings (RFC 7693), `size` bytes of it, as a number; a lone surrogate counts too."""
    data = b"".join(b"%d:%b" % (len(part), part) for part in (p.encode("utf-8", "surrogatepass") for p in parts))
    return int.from_bytes(hashlib.blake2b(data, digest_size=size).digest())
