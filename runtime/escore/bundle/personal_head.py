"""A personal head: how a person's corrections change the scores of a bundle, as a few arrays beside its graph.

With h the hidden state of a token, and m the mean of the hidden states of all tokens of its window, the logit of the
token's score changes by

    change(h) * sigmoid(gate(m))

`change` is what the person corrected, and `gate` says whether the text is of the person's kind, so that other texts
keep their scores. Both are networks of radial basis functions:

    z = (h @ projection + offset), scaled to length 1
    f(h) = bias + sum over i of weights[i] * exp(-|z - centers[i]|²)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

HEAD_NAME = "personal_head.bin"
_LIMITS = {"width": 8192, "dimensions": 256, "centers": 4096, "text_centers": 4096}

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PersonalHead:
    """What a manifest says of its personal head.

    width: of the hidden states.
    dimensions: of the space that they are projected to.
    centers, text_centers: how many basis functions `change` and `gate` have.
    base: name and version of the model that was adapted.
    texts, corrections: how many texts and corrected words it was made from.
    strength: the share of the change that was taken (0..1).
    """

    width: int
    dimensions: int
    centers: int
    text_centers: int
    base: str
    texts: int
    corrections: int
    strength: float

    def __post_init__(self) -> None:
        for name, limit in _LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= limit:
                raise ValueError(f"personal_head.{name} {value!r} is not a number from 1 to {limit}")


@dataclass(frozen=True, slots=True, eq=False)
class BasisNetwork:
    """One of the two networks (float32).

    projection: [width, dimensions].
    offset: [dimensions].
    centers: [centers, dimensions].
    weights: [centers].
    bias: [1].
    """

    projection: Floats
    offset: Floats
    centers: Floats
    weights: Floats
    bias: Floats


@dataclass(frozen=True, slots=True, eq=False)
class HeadArrays:
    """Both networks."""

    change: BasisNetwork
    gate: BasisNetwork

    def to_bytes(self) -> bytes:
        """The content of personal_head.bin: all arrays in order, little-endian."""
        parts = (getattr(network, name) for network in (self.change, self.gate) for name in BasisNetwork.__slots__)
        return b"".join(np.ascontiguousarray(part, "<f4").tobytes() for part in parts)


def parse_head(content: bytes, head: PersonalHead) -> HeadArrays:
    """The arrays of personal_head.bin. Raises ValueError for another size, and for values that are no numbers."""
    shapes = [*_shapes(head, head.centers), *_shapes(head, head.text_centers)]
    bounds = [0, *accumulate(int(np.prod(shape)) for shape in shapes)]
    if len(content) != 4 * bounds[-1]:
        raise ValueError(f"{len(content)} bytes, where the manifest's numbers make {4 * bounds[-1]}")
    values = np.frombuffer(content, "<f4").astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError("holds values that are no finite numbers")
    arrays = [values[start:end].reshape(shape) for (start, end), shape in zip(pairwise(bounds), shapes, strict=True)]
    return HeadArrays(BasisNetwork(*arrays[:5]), BasisNetwork(*arrays[5:]))


def _shapes(head: PersonalHead, centers: int) -> Iterator[tuple[int, ...]]:
    yield from ((head.width, head.dimensions), (head.dimensions,), (centers, head.dimensions), (centers,), (1,))
