"""What trainings must not leave behind."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture
def usual_torch() -> Iterator[None]:
    """Torch as it was before a training set it."""
    yield
    torch.use_deterministic_algorithms(False)
