"""What kinds of entity there are."""

from typing import Literal, get_args

Kind = Literal["person", "organization", "place", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)
