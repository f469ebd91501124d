"""The gate of instructions: this tree passes, and a tree in which one stage does a tenth more is caught."""

import shutil
from pathlib import Path

import pytest
from benchmarks.commits import GitError
from benchmarks.gate import counts, gate
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(bool(counts.missing()), reason=counts.missing())

# A tenth more work in one function of a stage: its file, and what is put behind its code.
SLOWER = {
    "encode": (
        "bundle/tokenizer.py",
        """
_encode = WordTokenizer.encode
WordTokenizer.encode = lambda self, text: (_encode(self, text[: len(text) // 10]), _encode(self, text))[1]
""",
    ),
    "windows": (
        "pipeline/windows.py",
        """
_make_windows = make_windows
def make_windows(chunks, capacity, overlap):
    chunks = list(chunks)
    global _calls
    _calls += 1
    if _calls % 5 == 0:
        list(_make_windows(iter(chunks), capacity, overlap))
    return _make_windows(iter(chunks), capacity, overlap)
_calls = 0
""",
    ),
    "pooling": (
        "pipeline/pooling.py",
        """
_pool = pool
def pool(counts, tokens):
    global _calls
    _calls += 1
    if _calls % 8 == 0:
        _pool(counts, tokens)
    return _pool(counts, tokens)
_calls = 0
""",
    ),
    "document": (
        "document.py",
        """
_take = Document.take
Document.take = lambda self, indices: (_take(self, indices[: len(indices) // 6]), _take(self, indices))[1]
""",
    ),
}


@pytest.fixture(scope="module")
def here() -> dict[str, int]:
    return counts.count(ROOT)


def test_no_stage_takes_more_than_was_accepted(here: dict[str, int]) -> None:
    try:
        base = gate.accepted()
    except (gate.NoBaseError, GitError) as error:
        pytest.skip(str(error))
    shares = {stage: round(here[stage] / base[stage], 3) for stage in here if stage in base}
    assert set(here) == set(counts.STAGES)
    assert not gate.worse(here, base), f"more than was accepted, see 'make gate-accept': {shares}"


@pytest.mark.parametrize(
    "stage", ["encode", *(pytest.param(stage, marks=pytest.mark.long) for stage in SLOWER if stage != "encode")]
)
def test_a_tenth_more_work_is_caught(stage: str, here: dict[str, int], tmp_path: Path) -> None:
    shutil.copytree(ROOT / "runtime", tmp_path / "runtime")
    file, code = SLOWER[stage]
    with (tmp_path / "runtime" / "escore" / file).open("a") as end:
        end.write(code)
    slower = counts.count(tmp_path, [stage])
    assert gate.worse(slower, here) == [stage]
    assert 1.05 < slower[stage] / here[stage] < 1.2


@pytest.mark.long
def test_an_unchanged_copy_passes(here: dict[str, int], tmp_path: Path) -> None:
    for name in counts.FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name)
    copy = counts.count(tmp_path)
    assert gate.worse(copy, here, 0.005) == gate.worse(here, copy, 0.005) == []


def test_only_what_is_above_the_bound_is_worse() -> None:
    assert gate.worse({"encode": 104, "pooling": 103, "new": 9}, {"encode": 100, "pooling": 100}) == ["encode"]
