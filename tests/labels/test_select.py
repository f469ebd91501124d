"""Which texts are chosen for review, and which are held out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from tempfile import TemporaryFile

import numpy as np
import pytest

from escore import Calibration, Document, Scorer
from escore.scale import MARKS
from escore_labels.label import LabelOptions, label_texts
from escore_labels.pool import Pool, near_duplicate_key
from escore_labels.record import Record
from escore_labels.select import NoTextsError, all_but, draw_held_out, select_for_review
from escore_labels.split import is_held_out
from escore_labels.unlabeled import Text

LINEAR = Calibration((0.0, 300.0), (0.0, 1.0))
MakePool = Callable[..., Pool]


@pytest.fixture
def make_pool() -> MakePool:
    """A pool of texts, each as its words with their scores and the file that it is from.

    Each text ends in a sign that is no word here, so that no scores in another case are compared with these.
    """

    def make(*texts: tuple[dict[str, float], str], calibration: Calibration | None = LINEAR) -> Pool:
        pool = Pool(BytesIO())
        for number, (scores, source) in enumerate(texts):
            words = list(scores)
            ends = np.cumsum([len(word) + 1 for word in words]).astype(np.int32) - 1
            starts = (ends - [len(word) for word in words]).astype(np.int32)
            values = np.array(list(scores.values()), np.float32)
            text = " ".join([*words, "."])
            pool.add(Document(text, starts, ends, values, MARKS, calibration), Text(text, str(number), source))
        return pool

    return make


def test_a_pool_gives_back_what_was_added(scorer: Scorer) -> None:
    texts = [Text("Anna met Ben in Oslo 🙂.", "1", "a", "2026-05-02"), Text("...", "2", "b"), Text("Zoë", "3", "a")]
    with TemporaryFile() as file:
        pool = Pool(file)
        for text in texts:
            pool.add(scorer(text.text), text)
        assert [text for _, text in pool] == texts
        document, _ = pool[0]
        assert document.words == scorer(texts[0].text).words
        assert list(pool.files) == [0, 1, 0]
        assert list(pool.is_held_back) == [is_held_out(Record(text=text.text)) for text in texts]
    with TemporaryFile() as file:
        assert list(Pool(file)) == []


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Gate 12, Oslo", "gate 7 oslo!", True),
        ("Gate 1,234.5", "Gate 7", False),
        ("ＯＳＬＯ", "oslo", True),
        ("Anna met Ben", "Anna met Eve", False),
        ("...", "?!", True),
    ],
)
def test_near_duplicates_share_a_key(first: str, second: str, same: bool) -> None:
    assert (near_duplicate_key(first) == near_duplicate_key(second)) == same


@pytest.mark.parametrize("calibration", [LINEAR, None])
def test_doubt_comes_first(make_pool: MakePool, scorer: Scorer, calibration: Calibration | None) -> None:
    """Near the middle of the probabilities, or near 220 where there are none."""
    middle = 150.0 if calibration else 220.0
    pool = make_pool(
        ({"sure": 1.0, "enough": 2.0}, "a"),
        ({"perhaps": middle + 30, "not": 1.0}, "a"),
        ({"doubtful": middle, "but": 1.0}, "a"),
        ({"Oslo": 299.0}, "a"),
        calibration=calibration,
    )
    assert select_for_review(pool, 2, scorer) == [2, 1]
    assert select_for_review(pool, 9, scorer)[:2] == [2, 1]


def test_rare_words_and_disagreement_come_before_common_words(make_pool: MakePool, scorer: Scorer) -> None:
    common = [({"berth": 150.0, f"w{chr(97 + i)}": 0.0}, "a") for i in range(9)]
    pool = make_pool(*common, ({"Aurora": 150.0}, "a"))
    assert select_for_review(pool, 1, scorer) == [9]
    contexts = [({"may": score, f"w{chr(97 + i)}": 0.0}, "a") for i, score in enumerate((0.0, 300.0, 150.0))]
    same = [({"can": 150.0, f"v{chr(97 + i)}": 0.0}, "a") for i in range(3)]
    assert select_for_review(make_pool(*same, *contexts), 1, scorer) == [5]


def test_similar_texts_make_room_for_others(make_pool: MakePool, scorer: Scorer) -> None:
    pool = make_pool(
        ({"berth": 150.0, "crane": 150.0, "one": 0.0}, "a"),
        ({"berth": 150.0, "crane": 150.0, "two": 0.0}, "a"),
        ({"quay": 100.0, "pilot": 100.0}, "a"),
    )
    assert select_for_review(pool, 3, scorer) == [0, 2, 1]


def test_a_text_whose_scores_change_with_its_case_comes_first(scorer: Scorer) -> None:
    """In lower case "oslo" scores about as much as here, and "him" nothing."""
    with TemporaryFile() as file:
        pool = Pool(file)
        for text in ("We saw Oslo there", "We saw Him there"):
            scores = np.array([0, 0, 236, 0], np.float32)
            pool.add(replace(scorer(text), scores=scores), Text(text, "1", "a"))
        assert select_for_review(pool, 1, scorer) == [1]


def test_near_duplicates_are_chosen_once(make_pool: MakePool, scorer: Scorer) -> None:
    pool = make_pool(({"gate": 120.0, "12": 0.0}, "a"), ({"Gate": 150.0, "7": 0.0}, "b"), ({"Oslo": 290.0}, "a"))
    assert select_for_review(pool, 3, scorer) == [1, 2]


def test_every_second_text_is_of_the_file_that_gave_fewest(make_pool: MakePool, scorer: Scorer) -> None:
    doubtful = [({f"d{chr(97 + i)}": 150.0}, "long") for i in range(26)]
    sure = [({f"s{chr(97 + i)}": 10.0}, "short") for i in range(3)]
    pool = make_pool(*doubtful, *sure, ({"x": 20.0}, "other"))
    chosen = [pool[i][1].source for i in select_for_review(pool, 5, scorer)]
    assert chosen == ["long", "other", "long", "short", "long"]
    assert [pool[i][1].source for i in select_for_review(pool, 30, scorer)].count("short") == 3


def test_held_out_texts_are_drawn_by_text_and_seed(make_pool: MakePool) -> None:
    texts = [({f"word{chr(97 + i)}": 1.0, chr(110 + j): 2.0}, "a") for i in range(20) for j in range(10)]
    pool, backward = make_pool(*texts), make_pool(*reversed(texts))
    drawn = draw_held_out(pool, 15, seed=0)
    assert len(set(drawn)) == 15
    assert all(pool.is_held_back[i] for i in drawn)
    assert texts_of(pool, drawn) == texts_of(backward, draw_held_out(backward, 15, seed=0))
    assert texts_of(pool, drawn) != texts_of(pool, draw_held_out(pool, 15, seed=1))
    assert drawn == draw_held_out(pool, 100, seed=0)[:15]
    with pytest.raises(NoTextsError, match="200 of 200 texts"):
        draw_held_out(pool, 200, seed=0)


def test_held_out_texts_and_their_near_duplicates_are_not_labeled(make_pool: MakePool, scorer: Scorer) -> None:
    pool = make_pool(({"gate": 150.0, "12": 0.0}, "a"), ({"Gate": 150.0, "7": 0.0}, "a"), ({"quay": 150.0}, "a"))
    assert all_but(pool, [0]) == [2]
    assert all_but(pool, []) == [0, 1, 2]
    assert 0 not in select_for_review(pool, 3, scorer, [1])
    many = make_pool(*[({f"word{chr(97 + i)}": 150.0}, "a") for i in range(26)])
    chosen = select_for_review(many, 26, scorer, [0])
    assert chosen
    assert not any(many.is_held_back[i] for i in chosen)


def test_records_come_held_out_first_and_the_most_doubtful_next(scorer: Scorer) -> None:
    lines = [f"The {thing} of {name} was late." for thing in ("ship", "Aurora", "NORTH STAR") for name in "abcdefgh"]
    texts = [Text(line, str(i), "a") for i, line in enumerate(lines)]
    notes: list[str] = []

    def records(options: LabelOptions) -> list[Record]:
        return list(label_texts(scorer, iter(texts), options, notes.append, lambda _: None))

    everything = records(LabelOptions())
    assert [record.text for record in everything] == lines
    chosen = records(LabelOptions(review=4, held_out=3))
    assert [record.held_out for record in chosen] == [True] * 3 + [False] * 4
    assert all(not record.spans for record in chosen[:3])
    assert chosen[3:] == [everything[int(record.id)] for record in chosen[3:]]
    rest = records(LabelOptions(held_out=3))
    assert rest[:3] == chosen[:3]
    assert [record.id for record in rest[3:]] == [
        str(i) for i in range(len(lines)) if str(i) not in {record.id for record in chosen[:3]}
    ]
    assert notes == []
    assert len(records(LabelOptions(review=100))) == len(lines)
    assert notes == ["100 texts to review, and only 24 to choose from; all are written"]


def test_review_finds_what_the_model_gets_wrong(scorer: Scorer) -> None:
    """Lower-case names are missed more often than names with a capital."""
    names = ("anna lee", "oslo", "the bank of england", "boris", "kowalska", "delft", "ryanair", "unilever")
    hard = [f"we saw {name} there" for name in names]
    easy = [
        f"The {noun} was on the table." for noun in ("cup", "book", "knife", "plate", "lamp", "phone", "pen", "key")
    ]
    texts = [Text(text, str(i), "a") for i, text in enumerate([*easy, *hard])]
    options = LabelOptions(review=6)
    chosen = list(label_texts(scorer, iter(texts), options, lambda _: None, lambda _: None))
    assert sum(record.text in hard for record in chosen) >= 5


def texts_of(pool: Pool, indices: Sequence[int]) -> list[str]:
    return [pool[i][1].text for i in indices]
