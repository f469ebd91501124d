"""Long texts: nothing lost between windows, and windows that agree where they overlap."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import EXAMPLES
from tests.runtime.test_words import check

from escore import Scorer
from escore.pipeline import encode
from escore.pipeline.encode import ANY, LINE, PARAGRAPH, SENTENCE, Chunk, encode_text
from escore.pipeline.infer import run_window
from escore.pipeline.pipeline import Pipeline
from escore.pipeline.windows import Window, make_windows

WORD_LENGTHS = st.lists(st.integers(1, 9) | st.integers(0, 80), max_size=120)


def chunk(counts: list[int], pauses: list[int], first: int = 0) -> Chunk:
    """Words of `counts` tokens, whose ids go up from `first`."""
    offsets = np.empty(0, np.int32)
    ids = np.arange(first, first + sum(counts), dtype=np.int64)
    return Chunk(ids, np.array(counts, np.int32), offsets, offsets, lambda: np.array(pauses, np.uint8))


@settings(max_examples=300, deadline=None)
@given(WORD_LENGTHS, st.randoms(use_true_random=False), st.integers(1, 7))
def test_kept_tokens_are_all_tokens_once(counts: list[int], random, chunks: int) -> None:  # type: ignore[no-untyped-def]
    pauses = [random.choice([0, 0, 0, 0, 1, 2, 3]) for _ in counts]
    cuts = sorted(random.randrange(len(counts) + 1) for _ in range(chunks - 1))
    firsts = [0, *np.cumsum(counts).tolist()]

    def stream() -> Iterator[Chunk]:
        for begin, end in zip([0, *cuts], [*cuts, len(counts)], strict=True):
            yield chunk(counts[begin:end], pauses[begin:end], firsts[begin])

    windows = list(make_windows(stream(), 32, 4))
    kept = [token for window in windows for token in window.ids[window.keep].tolist()]
    assert kept == list(range(sum(counts)))
    assert all(1 <= len(window.ids) <= 32 for window in windows)
    whole = list(make_windows(iter([chunk(counts, pauses)]), 32, 4))
    assert [window.ids.tolist() for window in windows] == [window.ids.tolist() for window in whole]


def test_windows_are_cut_where_a_reader_pauses() -> None:
    pauses = [0] * 100
    pauses[27], pauses[29], pauses[30] = SENTENCE, LINE, ANY
    first = next(make_windows(iter([chunk([1] * 100, pauses)]), 32, 4))
    assert len(first.ids) == 27
    pauses[25] = PARAGRAPH
    first = next(make_windows(iter([chunk([1] * 100, pauses)]), 32, 4))
    assert len(first.ids) == 25


def test_a_word_keeps_its_context_on_both_sides() -> None:
    windows = list(make_windows(iter([chunk([1] * 300, [0] * 300)]), 64, 16))
    for window in windows[1:-1]:
        assert window.keep.start >= 8
        assert len(window.ids) - window.keep.stop >= 8


@given(st.lists(st.sampled_from([0, 0, 0, 0, 0, 1, 2, 3]), min_size=300, max_size=900))
def test_windows_of_short_words_always_overlap(pauses: list[int]) -> None:
    windows = list(make_windows(iter([chunk([1] * len(pauses), pauses)]), 254, 64))
    for window, following in pairwise(windows):
        shared = int(window.ids[-1]) + 1 - int(following.ids[0])
        assert 64 <= shared <= 128


def test_a_pause_just_after_the_overlap_costs_no_overlap() -> None:
    pauses = [0] * 600
    pauses[72] = pauses[200] = pauses[262] = PARAGRAPH
    pauses[134] = SENTENCE
    windows = list(make_windows(iter([chunk([1] * 600, pauses)]), 254, 64))
    assert all(int(window.ids[-1]) + 1 - int(following.ids[0]) >= 64 for window, following in pairwise(windows))


def test_pauses_are_found_in_text(scorer: Scorer) -> None:
    text = "He left. (Why?) She\nstayed\n\nThen \u201cno.\u201d Mr. X"
    (whole,) = encode_text(scorer.bundle.tokenizer, text)
    ranks = {
        text[start:end]: int(rank) for start, end, rank in zip(whole.starts, whole.ends, whole.pauses(), strict=True)
    }
    assert ranks["("] == SENTENCE
    assert ranks["She"] == SENTENCE
    assert ranks["stayed"] == LINE
    assert ranks["Then"] == PARAGRAPH
    assert ranks["left"] == ranks["no"] == ANY


@pytest.mark.parametrize("size", [50, 1000])
def test_the_size_of_chunks_makes_no_difference(
    scorer: Scorer, long_text: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = long_text
    whole = list(encode_text(scorer.bundle.tokenizer, text))
    monkeypatch.setattr(encode, "CHUNK", size)
    small = list(encode_text(scorer.bundle.tokenizer, text))
    assert len(small) > 2 * len(whole)
    for name in ("ids", "counts", "starts", "ends"):
        arrays = [np.concatenate([getattr(part, name) for part in parts]) for parts in (whole, small)]
        assert arrays[0].tolist() == arrays[1].tolist()
    windows = [[window.ids.tolist() for window in make_windows(iter(parts), 254, 64)] for parts in (whole, small)]
    assert windows[0] == windows[1]


def test_a_pipeline_scores_as_the_scorer_does(scorer: Scorer, long_text: str) -> None:
    """In one thread, with any model."""
    bundle = scorer.bundle
    run = partial(run_window, bundle.session, bundle.tokenizer.special_ids)
    pipeline = Pipeline(bundle.tokenizer, bundle.manifest.max_tokens, bundle.manifest.overlap, run)
    for text in (long_text, "Anna Berg", " ", ""):
        assert pipeline.scores(text).tobytes() == scorer(text).scores.tobytes()
    lengths = Pipeline(bundle.tokenizer, 64, 8, lambda window: np.full(len(window.ids[window.keep]), 7, np.float32))
    assert set(lengths.scores("Anna Berg lives here. " * 100)) == {7}


@pytest.mark.parametrize("count", [1, 253, 254, 255, 256, 507, 1000])
def test_around_a_windows_edge(scorer: Scorer, count: int) -> None:
    text = "word " * count
    document = scorer(text)
    check(text, document)
    assert len(document.words) == count


def test_overlapping_windows_agree(scorer: Scorer) -> None:
    """Each word that counts in one window, scored again by the window beside it; see docs/background/windows.md."""
    bundle = scorer.bundle
    run = partial(run_window, bundle.session, bundle.tokenizer.special_ids)
    pipeline = Pipeline(bundle.tokenizer, bundle.manifest.max_tokens, bundle.manifest.overlap, run)
    windows = list(pipeline.windows("\n\n".join(path.read_text("utf-8") for path in EXAMPLES * 8)))
    whole = [run(Window(window.ids, slice(0, len(window.ids)))) for window in windows]
    parts = []
    for i in range(len(windows) - 1):
        shared = len(windows[i].ids) - windows[i].keep.stop + windows[i + 1].keep.start
        assert shared >= bundle.manifest.overlap
        here, there = whole[i][-shared:], whole[i + 1][:shared]
        assert windows[i].ids[-shared:].tolist() == windows[i + 1].ids[:shared].tolist()
        parts.append(np.abs(here - there)[shared // 4 : -shared // 4])  # where one takes over from the other
    differences = np.concatenate(parts)
    assert np.median(differences) < 5  # measured: 2.5
    assert differences.mean() < 12  # 6.6: chat and headings are read by what stands around them
    assert np.percentile(differences, 95) < 45  # 27
