"""The queue of a review over HTTP: progress, search, downloads, and how it goes on with a file that has changed."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.service.reviews import ANNA, RECORDS, Reviewing, entities, said

from escore import Scorer, SettingError
from escore_labels.record import Record, parse_record
from escore_labels.split import is_held_out
from escore_service import create_app
from escore_service.feedback import records
from escore_service.review.routes import ReviewOptions


def test_the_queue_has_the_records_in_their_order(review: Reviewing) -> None:
    state = review.get(by="ann")
    assert (state["first"], state["importance"]) == (0, False)
    assert state["progress"] == {
        "texts": 4, "reviewed": 0, "changed": 0, "conflicts": 0, "suggested": 0, "right": 0, "missed": 0, "needed": 50,
    }  # fmt: skip
    assert review.get("/texts")["numbers"] == [0, 1, 2, 3]
    first = review.get("/texts/0")
    assert (first["id"], first["text"], entities(first)) == ("a", ANNA, ["Anna Berg", "Paris"])
    assert [ANNA[i:j] for i, j in zip(first["words"]["start"], first["words"]["end"], strict=True)] == [
        "Anna", "Berg", "lives", "in", "Paris", "."
    ]  # fmt: skip
    assert review.get("/texts/3")["held_out"]


def test_only_texts_to_learn_from_count_for_a_training(review_file: Path, scorer: Scorer) -> None:
    texts = [Record(text=f"Text {number} of Oslo.", held_out=number >= 60) for number in range(70)]
    learnable = sum(not is_held_out(text) for text in texts)
    assert 40 < learnable < 60
    with closing(Reviewing(review_file, scorer, texts)) as review:
        for number in range(70):
            progress = review.accept(number)["progress"]
        assert (progress["reviewed"], progress["needed"]) == (70, max(0, 50 - learnable))


def test_filters_and_search(review: Reviewing) -> None:
    review.decide(0, 19, 24, label="none")
    review.decide(0, 19, 24, label="entity", by="bob")
    review.accept(1)

    def numbers(**arguments: str) -> Any:
        return review.get("/texts", **arguments)["numbers"]

    assert numbers(show="unreviewed") == [0, 2, 3]
    assert numbers(show="changed") == numbers(show="conflict") == [0]
    assert numbers(search="PARIS") == [0, 1, 2]
    assert numbers(search="d", show="unreviewed") == [3]  # an id
    assert numbers(search="paris", show="unreviewed") == [0, 2]
    assert review.get("/texts", 422, show="mine")["field"] == "show"


def test_one_goes_on_where_one_stopped(review: Reviewing, review_file: Path, scorer: Scorer) -> None:
    review.accept(0)
    review.accept(2)
    assert review.get(by="ann")["first"] == 3
    assert review.get(by="bob")["first"] == 1
    review.decide(1, 28, 32, label="none")
    review.close()
    with closing(Reviewing(review_file, scorer)) as again:
        assert again.get(by="ann")["first"] == 1
        assert again.get()["progress"]["reviewed"] == 2
        assert again.get("/texts", show="unreviewed")["numbers"] == [1, 3]
        assert not again.post("/undo")["text"]["progress"]["changed"]


def test_a_reviewed_text_stays_as_it_was_reviewed_when_it_is_labeled_again(review_file: Path, scorer: Scorer) -> None:
    with closing(Reviewing(review_file, scorer)) as review:
        review.accept(0)
        review.decide(1, 28, 32, label="none")
    other = [replace(record, spans=(said(record.text, record.text.split()[0]),)) for record in RECORDS]
    with closing(Reviewing(review_file, scorer, other)) as review:
        assert entities(review.get("/texts/0")) == ["Anna Berg", "Paris"]
        assert entities(review.get("/texts/1")) == ["Paris"]
        assert entities(review.get("/texts/2")) == ["We"]
    with closing(
        Reviewing(review_file, scorer, [replace(RECORDS[0], spans=(said(ANNA, "Berg", by="bob"),))])
    ) as review:
        assert len(review.get("/texts/0")["spans"]) > 1  # what another person said since counts too
        assert "bob" in {span["by"] for span in review.get("/texts/0")["spans"]}


@pytest.mark.parametrize("format", ["records", "csv", "conll"])
def test_what_is_reviewed_is_downloaded(review: Reviewing, format: str) -> None:
    assert review.get("/records", format=format)["content"].count("Anna") == 0
    review.decide(1, 28, 32, label="none")
    review.accept(0)
    answer = review.get("/records", format=format)
    content = answer["content"]
    assert "We met" not in content
    if format == "records":
        first, second = (parse_record(line, "here") for line in content.splitlines())
        assert (first.id, first.reviewed, second.id, second.reviewed) == ("a", True, "b", False)
        assert answer["notes"] == []
    elif format == "csv":
        assert "b,28,32,Oslo,none,,,ann,escore-en 7,290.0" in content
    else:
        assert "Berg\tI-ENTITY" in content
        assert any("not reviewed is left out" in note for note in answer["notes"])


def test_a_text_that_is_not_there_is_named(review: Reviewing) -> None:
    assert review.get("/texts/4", 404)["error"] == "no text 4; the queue has 4, from 0"
    review.decide(4, 0, 1, 404, label="none")
    review.put("/texts/99999999999999999999/reviewed", 404)


def test_an_odd_text_is_reviewed(review_file: Path, scorer: Scorer) -> None:
    odd = "\ufeff🙂 Zoë\u2028\r\n\ud800 Ünal\t😀."
    with closing(Reviewing(review_file, scorer, [Record(text=odd, id="x\ud800")])) as review:
        answer = review.get("/texts/0")
        place = answer["text"].index("Ünal")
        assert entities(review.decide(0, place, place + 4, label="entity")) == ["Ünal"]
        review.accept(0)
    (record,) = records(review_file)
    assert record.text == odd.replace("\ud800", "\ufffd")


def test_a_review_needs_a_file(scorer: Scorer) -> None:
    with pytest.raises(SettingError, match="needs a file that keeps its decisions"):
        create_app(scorer, review=ReviewOptions(RECORDS))


def test_without_a_review_there_is_no_page_for_it(review_file: Path, scorer: Scorer) -> None:
    client = create_app(scorer, feedback=review_file).test_client()
    for url in ("/review", "/v1/review"):
        assert client.get(url).status_code == 404


def test_what_was_reviewed_comes_back_when_reopening_is_undone(review_file: Path, scorer: Scorer) -> None:
    with closing(Reviewing(review_file, scorer)) as review:
        review.accept(0)
    other = [replace(RECORDS[0], spans=(said(ANNA, "Anna"),)), *RECORDS[1:]]
    with closing(Reviewing(review_file, scorer, other)) as review:
        assert entities(review.accept(0, reviewed=False)) == ["Anna"]
        review.decide(0, 10, 15, label="none")
        review.post("/undo")
        answer = review.post("/undo")["text"]
        assert (answer["reviewed"], entities(answer)) == (True, ["Anna Berg", "Paris"])


def test_held_out_texts_have_no_suggestions_and_stay_held_out(review_file: Path, scorer: Scorer) -> None:
    held_out = replace(RECORDS[0], held_out=True)
    with closing(Reviewing(review_file, scorer, [held_out])) as review:
        assert review.get("/texts/0")["spans"] == []
    with closing(Reviewing(review_file, scorer)) as review:
        review.accept(0)
    with closing(Reviewing(review_file, scorer, [held_out])) as review:
        assert review.get("/texts/0")["held_out"]
    assert review.get("/texts", search="ANNA")["numbers"] == [0]


def test_corrections_on_the_other_page_count_too(review: Reviewing) -> None:
    body = {"text": ANNA, "start": 0, "end": 4, "label": "noun", "score": 290}
    correction = review.client.post("/v1/feedback", json=body).get_json()
    assert review.get("/texts", show="changed")["numbers"] == [0]
    review.client.delete(f"/v1/feedback/{correction['id']}")
    assert review.get("/texts", show="changed")["numbers"] == []
    assert review.client.post("/v1/feedback", json=body | {"by": "model"}).status_code == 422


def test_what_is_no_longer_in_the_file_is_downloaded_too(review_file: Path, scorer: Scorer) -> None:
    with closing(Reviewing(review_file, scorer)) as review:
        review.accept(0)
    with closing(Reviewing(review_file, scorer, RECORDS[1:])) as review:
        assert review.get("/records")["content"].count("Anna Berg lives") == 1
        assert "not here" in review.post("/undo", 409)["error"]


def test_each_person_has_what_is_not_reviewed_by_them(review: Reviewing) -> None:
    review.accept(0)
    review.accept(1, by="bob")
    assert review.get("/texts", show="unread", by="ann")["numbers"] == [1, 2, 3]
    assert review.get("/texts", show="unread", by="bob")["numbers"] == [0, 2, 3]
    assert review.get("/texts", show="unreviewed", by="bob")["numbers"] == [2, 3]


def test_a_search_takes_accents_in_any_form(review_file: Path, scorer: Scorer) -> None:
    with closing(Reviewing(review_file, scorer, [Record(text="Zoe\u0308 of Sa\u0303o Paulo.")])) as review:
        assert review.get("/texts", search="zoë")["numbers"] == review.get("/texts", search="SÃO")["numbers"] == [0]
