"""Entities counted over documents."""

import pytest
from tests.runtime.test_document import make_document

from escore import InputTypeError, SettingError, count_entities


def test_spellings_in_other_case_are_one_entity() -> None:
    documents = [
        make_document("Anna Berg met ANNA BERG and José", [290, 280, 0, 270, 260, 0, 250]),
        make_document("Anna Berg saw jose\u0301 or Zoë", [290, 280, 0, 230, 0, 240]),
        make_document("nobody", [0]),
    ]
    counts = count_entities(documents)
    assert [(entity.text, entity.count, entity.documents) for entity in counts] == [
        ("Anna Berg", 3, 2),
        ("José", 2, 2),
        ("Zoë", 1, 1),
    ]
    assert counts[0].variants == {"Anna Berg": 2, "ANNA BERG": 1}
    assert counts[0].score == pytest.approx((285 + 265 + 285) / 3)
    assert [entity.text for entity in count_entities(documents, 280)] == ["Anna Berg"]
    assert count_entities([]) == []


def test_equally_frequent_spellings_come_in_the_order_of_characters() -> None:
    (entity,) = count_entities([make_document("oslo Oslo", [290, 290])] * 2, 0)
    assert (entity.text, entity.variants) == ("oslo Oslo", {"oslo Oslo": 2})
    (entity,) = count_entities([make_document("oslo", [290]), make_document("Oslo", [290])])
    assert (entity.text, entity.variants) == ("Oslo", {"Oslo": 1, "oslo": 1})


def test_a_minimum_out_of_range_is_refused() -> None:
    with pytest.raises(SettingError, match="not a score"):
        count_entities([make_document("Anna", [290])], 301)


def test_a_name_is_shown_as_names_are_written_rather_than_in_capitals() -> None:
    texts = ("JOE BIDEN", "joe biden", "Joe Biden")
    (entity,) = count_entities([make_document(text, [290, 290]) for text in texts])
    assert (entity.text, list(entity.variants)) == ("Joe Biden", ["Joe Biden", "JOE BIDEN", "joe biden"])


@pytest.mark.parametrize("documents", [make_document("Anna", [290]), ["Anna"], [None]])
def test_what_is_no_document_is_refused(documents: object) -> None:
    with pytest.raises(
        InputTypeError, match=r"is one document; give several|not a document; give what a Scorer returns"
    ):
        count_entities(documents)  # type: ignore[arg-type]
