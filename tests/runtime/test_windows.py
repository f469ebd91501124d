"""Long texts: nothing lost between windows, and windows that agree where they overlap."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runtime.test_words import check

from escore import Scorer
from escore.pipeline import encode
from escore.pipeline.encode import Encoded, Words
from escore.pipeline.windows import Window, plan

WORD_LENGTHS = st.lists(st.integers(1, 9) | st.integers(0, 80), max_size=120)


def encoded(counts: list[int], pauses: list[int]) -> Encoded:
    nothing = np.empty(0, np.int32)
    total = sum(counts)
    words = Words(np.array(counts, np.int32), nothing, nothing)
    return Encoded(words, np.arange(total, dtype=np.int64), lambda: np.array(pauses, np.uint8))


@settings(max_examples=300, deadline=None)
@given(WORD_LENGTHS, st.randoms(use_true_random=False), st.integers(1, 7))
def test_kept_tokens_are_all_tokens_once(counts: list[int], random, pieces: int) -> None:  # type: ignore[no-untyped-def]
    pauses = [random.choice([0, 0, 0, 0, 1, 2, 3]) for _ in counts]
    cuts = sorted(random.randrange(len(counts) + 1) for _ in range(pieces - 1))
    offsets = [0, *np.cumsum(counts).tolist()]

    def stream() -> Iterator[Encoded]:
        for begin, end in zip([0, *cuts], [*cuts, len(counts)], strict=True):
            piece = encoded(counts[begin:end], pauses[begin:end])
            yield Encoded(piece.words, piece.ids + offsets[begin], piece.pauses)

    windows = list(plan(stream(), 32, 4))
    kept = [token for window in windows for token in window.ids[window.keep].tolist()]
    assert kept == list(range(sum(counts)))
    assert all(1 <= len(window.ids) <= 32 for window in windows)
    whole = list(plan(iter([encoded(counts, pauses)]), 32, 4))
    assert [window.ids.tolist() for window in windows] == [window.ids.tolist() for window in whole]


def test_windows_are_cut_where_a_reader_pauses() -> None:
    pauses = [0] * 100
    pauses[27], pauses[29], pauses[30] = encode.SENTENCE, encode.LINE, encode.ANY
    first = next(plan(iter([encoded([1] * 100, pauses)]), 32, 4))
    assert len(first.ids) == 27
    pauses[25] = encode.PARAGRAPH
    first = next(plan(iter([encoded([1] * 100, pauses)]), 32, 4))
    assert len(first.ids) == 25


def test_a_word_keeps_its_context_on_both_sides() -> None:
    windows = list(plan(iter([encoded([1] * 300, [0] * 300)]), 64, 16))
    for window in windows[1:-1]:
        assert window.keep.start >= 8
        assert len(window.ids) - window.keep.stop >= 8


@given(st.lists(st.sampled_from([0, 0, 0, 0, 0, 1, 2, 3]), min_size=300, max_size=900))
def test_windows_of_short_words_always_overlap(pauses: list[int]) -> None:
    windows = list(plan(iter([encoded([1] * len(pauses), pauses)]), 254, 64))
    for window, following in pairwise(windows):
        shared = int(window.ids[-1]) + 1 - int(following.ids[0])
        assert 64 <= shared <= 128


def test_a_pause_just_after_the_overlap_costs_no_overlap() -> None:
    pauses = [0] * 600
    pauses[72] = pauses[200] = pauses[262] = encode.PARAGRAPH
    pauses[134] = encode.SENTENCE
    windows = list(plan(iter([encoded([1] * 600, pauses)]), 254, 64))
    assert all(int(window.ids[-1]) + 1 - int(following.ids[0]) >= 64 for window, following in pairwise(windows))


def test_pauses_are_found_in_text(scorer: Scorer) -> None:
    text = "He left. (Why?) She\nstayed\n\nThen \u201cno.\u201d Mr. X"
    pieces = list(encode.encode(scorer.bundle.tokenizer, text))
    (piece,) = pieces
    found = {
        text[start:end]: int(pause)
        for start, end, pause in zip(piece.words.starts, piece.words.ends, piece.pauses(), strict=True)
    }
    assert found["("] == encode.SENTENCE
    assert found["She"] == encode.SENTENCE
    assert found["stayed"] == encode.LINE
    assert found["Then"] == encode.PARAGRAPH
    assert found["left"] == found["no"] == encode.ANY


def test_the_size_of_pieces_makes_no_difference(
    scorer: Scorer, long_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = scorer(long_text)
    for size in (50, 1000):
        monkeypatch.setattr(encode, "PIECE", size)
        found = list(encode.encode(scorer.bundle.tokenizer, long_text))
        assert np.concatenate([piece.words.starts for piece in found]).tolist() == expected.starts.tolist()
        assert np.concatenate([piece.words.ends for piece in found]).tolist() == expected.ends.tolist()
        windows = [window.ids.tolist() for window in plan(iter(found), 254, 64)]
        monkeypatch.undo()
        whole = encode.encode(scorer.bundle.tokenizer, long_text)
        assert windows == [window.ids.tolist() for window in plan(whole, 254, 64)]


@pytest.mark.parametrize("count", [1, 253, 254, 255, 256, 507, 1000])
def test_around_a_windows_edge(scorer: Scorer, count: int) -> None:
    text = "word " * count
    document = scorer(text)
    check(text, document)
    assert len(document.words) == count


def test_overlapping_windows_agree(scorer: Scorer, long_text: str) -> None:
    """Each word that counts in one window, scored again by the window beside it; bounds as in docs/windows.md."""
    windows = list(
        plan(
            encode.encode(scorer.bundle.tokenizer, long_text),
            scorer.bundle.manifest.max_tokens - 2,
            scorer.bundle.manifest.overlap,
        )
    )
    whole = [scorer._run(Window(window.ids, slice(0, len(window.ids)))) for window in windows]
    differences = []
    for i in range(len(windows) - 1):
        shared = len(windows[i].ids) - windows[i].keep.stop + windows[i + 1].keep.start
        assert shared >= scorer.bundle.manifest.overlap
        here, there = whole[i][-shared:], whole[i + 1][:shared]
        assert windows[i].ids[-shared:].tolist() == windows[i + 1].ids[:shared].tolist()
        differences.append(np.abs(here - there)[shared // 4 : -shared // 4])  # where one takes over from the other
    found = np.concatenate(differences)
    assert np.median(found) < 5  # measured: 2.5
    assert found.mean() < 12  # 6.6: chat and headings are read by what stands around them
    assert np.percentile(found, 95) < 45  # 27
