"""What a scorer refuses: texts that are none, and settings out of range."""

from collections.abc import Callable

import numpy as np
import pytest

from escore import Bundle, EscoreError, InputTypeError, Scorer, SettingError, Terms


def test_what_is_no_text_is_refused(scorer: Scorer) -> None:
    for wrong in (b"Anna", None, 3):
        with pytest.raises(InputTypeError, match="must be a str") as caught:
            scorer(wrong)  # type: ignore[arg-type]
        assert isinstance(caught.value, TypeError)
    for lists in ("Anna", [["Anna", 3]], [3], [None], [iter(["Anna"])]):
        with pytest.raises(InputTypeError):
            scorer.score_words(lists)  # type: ignore[arg-type]
    with pytest.raises(InputTypeError, match="many texts"):
        scorer.stream("Anna")


def test_a_text_that_is_none_is_named_or_skipped(scorer: Scorer) -> None:
    """As of a column of a table with empty cells."""
    for wrong, shown, advice in [
        (float("nan"), "float (nan)", "errors='skip'"),
        (np.float64("nan"), "float64 (nan)", "errors='skip'"),
        (None, "None", "errors='skip'"),
        (7, "int (7)", "errors='skip'"),
        (b"Ben", "bytes", "decode bytes first"),
    ]:
        texts = ["Anna", wrong, "Eve"]
        with pytest.raises(InputTypeError) as caught:
            list(scorer.stream(texts))  # type: ignore[arg-type]
        assert str(caught.value).startswith(f"text 1: a text must be a str, not {shown}; ")
        assert advice in str(caught.value)
        skipped = scorer.stream(texts, errors="skip")  # type: ignore[arg-type]
        assert [document.text for document in skipped] == ["Anna", "Eve"]
        pairs = scorer.stream(zip(texts, "abc", strict=True), as_tuples=True, errors="skip")  # type: ignore[arg-type]
        assert [context for _, context in pairs] == ["a", "c"]
    with pytest.raises(SettingError, match="errors 'ignore' is unknown"):
        scorer.stream(["Anna"], errors="ignore")  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "mistake",
    [
        lambda scorer: scorer.stream(5),
        lambda scorer: scorer.stream(None),
        lambda scorer: scorer.stream(b"Anna"),
        lambda scorer: scorer.score_words(5),
        lambda scorer: scorer.score_words(None),
        lambda _: Scorer(5),
        lambda _: Scorer(b"bundle"),
        lambda _: Scorer("a\0b"),
        lambda _: Scorer(device=3),
        lambda _: Scorer(terms=["Anna"]),
        lambda _: Bundle.open(5),
        lambda _: Terms(always=5),
        lambda _: Terms(always=[5]),
        lambda _: Terms.read(5),
        lambda _: Terms.read([5]),
        lambda _: Terms.read("a\0b"),
    ],
)
def test_each_mistake_is_an_error_of_escore(scorer: Scorer, mistake: Callable[[Scorer], object]) -> None:
    with pytest.raises(EscoreError) as caught:
        mistake(scorer)
    assert "\n" not in str(caught.value)


def test_settings_out_of_range_are_refused() -> None:
    for threads in (0, -1, 1.5, "2", True, 10**20):
        with pytest.raises(SettingError, match="not a number of threads; give 1 to 1024"):
            Scorer(threads=threads)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="device 'tpu'"):
        Scorer(device="tpu")
    with pytest.raises(SettingError, match="comes too late"):
        Scorer(Bundle.open(), device="cpu")
