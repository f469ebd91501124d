"""The review over HTTP: decisions, undoing, places of the same words, conflicts, and what is kept."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.service.reviews import ANNA, PARIS, RECORDS, Reviewing, entities, said

from escore import Scorer, SettingError
from escore_labels.adjudicate import adjudicate, to_labeled_text
from escore_labels.record import Record, parse_record
from escore_labels.split import is_held_out
from escore_labels.tokens import ENTITY, NONE, PROPER
from escore_service import create_app
from escore_service.feedback import records, texts
from escore_service.review.routes import ReviewOptions


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.db"


@pytest.fixture
def review(path: Path, scorer: Scorer) -> Iterator[Reviewing]:
    with closing(Reviewing(path, scorer)) as review:
        yield review


def classes(record: Record) -> dict[str, tuple[int, int]]:
    return {token.text: (token.low, token.high) for token in to_labeled_text(record).tokens}


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


def test_a_decision_is_kept_with_who_made_it_and_what_it_corrects(review: Reviewing, path: Path) -> None:
    answer = review.decide(0, 19, 24, label="none")
    assert entities(answer) == ["Anna Berg"]
    assert answer["progress"]["changed"] == 1
    (record,) = records(path)
    *known, span = record.spans
    assert tuple(known) == RECORDS[0].spans
    assert (span.by, span.label, span.model, span.score) == ("ann", "none", "escore-en 6", 290.0)
    assert (record.id, record.reviewed) == ("a", False)


def test_a_decision_is_widened_to_words(review: Reviewing, path: Path) -> None:
    review.decide(0, 11, 13, label="proper")
    (record,) = records(path)
    assert ANNA[record.spans[-1].start : record.spans[-1].end] == "lives"


def test_moving_an_end_withdraws_what_was_there(review: Reviewing, path: Path) -> None:
    assert entities(review.decide(0, 0, 4, label="entity")) == ["Anna", "Paris"]  # the model's
    assert entities(review.decide(0, 0, 15, label="entity", replaces=[0, 4])) == ["Anna Berg lives", "Paris"]
    assert entities(review.decide(0, 5, 9, label="entity", replaces=[0, 15])) == ["Berg", "Paris"]
    (record,) = records(path)
    assert [span for span in record.spans if span.by == "ann"] == [record.spans[-1]]
    review.accept(0)
    (record,) = records(path)
    assert classes(record)["Anna"] == (NONE, PROPER)
    assert classes(record)["Berg"] == (ENTITY, ENTITY)


def test_an_accepted_text_is_reviewed_and_its_suggestions_are_right(review: Reviewing, path: Path) -> None:
    review.decide(0, 19, 24, label="none")
    answer = review.accept(0)
    assert (answer["reviewed"], answer["reviewed_by"]) == (True, ["ann"])
    progress = answer["progress"]
    assert [progress[name] for name in ("reviewed", "suggested", "right", "missed", "needed")] == [1, 2, 1, 0, 50]
    (record,) = records(path)
    assert record.reviewed
    assert classes(record)["Berg"] == (ENTITY, ENTITY)
    assert classes(record)["Paris"] == (NONE, NONE)
    assert review.accept(0, reviewed=False)["reviewed_by"] == []
    assert [record.reviewed for record in records(path)] == [False]


def test_what_the_model_missed_is_counted(review: Reviewing) -> None:
    review.decide(1, 13, 17, label="entity")
    assert review.accept(1)["progress"]["missed"] == 1
    review.decide(2, 10, 15, label="entity")  # where the model had suggested nothing, it was not asked
    assert review.accept(2)["progress"]["missed"] == 1


def test_only_texts_to_learn_from_count_for_a_training(path: Path, scorer: Scorer) -> None:
    texts = [Record(text=f"Text {number} of Oslo.", held_out=number >= 60) for number in range(70)]
    learnable = sum(not is_held_out(text) for text in texts)
    assert 40 < learnable < 60
    with closing(Reviewing(path, scorer, texts)) as review:
        for number in range(70):
            progress = review.accept(number)["progress"]
        assert (progress["reviewed"], progress["needed"]) == (70, max(0, 50 - learnable))


def test_a_target_is_kept(path: Path, scorer: Scorer) -> None:
    with closing(Reviewing(path, scorer, importance=True)) as review:
        assert review.get()["importance"]
        answer = review.decide(0, 0, 9, target=250)
        assert [(span["target"], span["by"]) for span in answer["spans"] if "target" in span] == [(250, "ann")]
        review.decide(0, 19, 24, target=0)
        (record,) = records(path)
    assert sorted(span.target for span in record.spans if span.target is not None) == [0, 250]


def test_undo_takes_back_one_action_after_another(review: Reviewing, path: Path) -> None:
    first = review.get("/texts/0")
    review.decide(0, 19, 24, label="none")
    review.decide(0, 0, 4, label="entity")
    review.decide(0, 0, 15, label="entity", replaces=[0, 4])
    review.accept(0)
    assert not review.post("/undo")["text"]["reviewed"]
    assert entities(review.post("/undo")["text"]) == ["Anna"]
    assert entities(review.post("/undo")["text"]) == ["Anna Berg"]
    undone = review.post("/undo")
    assert undone["text"]["spans"] == first["spans"]
    assert undone["text"]["progress"]["changed"] == 0
    assert list(texts(path)) == []
    assert "nothing to undo" in review.post("/undo", 404)["error"]


def test_people_undo_only_what_is_theirs(review: Reviewing) -> None:
    review.decide(0, 19, 24, label="none")
    review.decide(1, 28, 32, label="none", by="bob")
    assert review.post("/undo")["text"]["number"] == 0
    review.post("/undo", 404)
    assert entities(review.get("/texts/1")) == ["Paris Hilton"]


def test_a_decision_holds_everywhere_but_inside_other_names(review: Reviewing) -> None:
    assert review.decide(0, 19, 24, label="none")["others"] == {"places": 3, "all": True}  # not in "Paris Hilton"
    done = review.post("/everywhere", number=0, start=19, end=24)
    assert (done["places"], done["texts"], done["text"]["number"]) == (3, 2, 0)
    answer = review.get("/texts/1")
    assert entities(answer) == ["Paris Hilton", "Oslo"]
    assert [PARIS[span["start"] : span["end"]] for span in answer["spans"] if span["label"] == "none"] == ["Paris"]
    assert len(review.get("/texts/2")["spans"]) == 2
    assert review.decide(0, 19, 24, label="none")["others"]["places"] == 0
    undone = review.post("/undo")  # to say the same again was no action
    assert (undone["text"]["number"], undone["texts"]) == (0, 2)
    assert review.get("/texts/2")["spans"] == []
    assert review.get("/texts/0")["spans"][-1]["by"] != "model"  # the decision itself is another action


def test_everywhere_needs_a_decision(review: Reviewing) -> None:
    answer = review.post("/everywhere", 422, number=0, start=19, end=24)
    assert answer == {"error": "ann has decided nothing at 19 to 24", "field": "start"}


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


def test_two_peoples_conflict_is_listed_and_settled(review: Reviewing, path: Path) -> None:
    review.decide(0, 0, 9, label="entity")
    answer = review.decide(0, 0, 4, label="entity", by="bob")
    (conflict,) = answer["conflicts"]
    assert {conflict["first"]["by"], conflict["second"]["by"]} == {"ann", "bob"}
    assert entities(answer) == ["Anna", "Paris"]  # each sees their own
    assert entities(review.get("/texts/0", by="ann")) == ["Anna Berg", "Paris"]
    settled = review.decide(0, 0, 4, label="entity", by="eve", settles=True)
    assert (settled["conflicts"], settled["progress"]["conflicts"]) == ([], 0)
    for who in ("ann", "bob", "eve"):
        assert entities(review.get("/texts/0", by=who)) == ["Anna", "Paris"]
    (record,) = records(path)
    assert adjudicate(record).conflicts == []
    assert len(review.post("/undo", by="eve")["text"]["conflicts"]) == 1


def test_one_goes_on_where_one_stopped(review: Reviewing, path: Path, scorer: Scorer) -> None:
    review.accept(0)
    review.accept(2)
    assert review.get(by="ann")["first"] == 3
    assert review.get(by="bob")["first"] == 1
    review.decide(1, 28, 32, label="none")
    review.close()
    with closing(Reviewing(path, scorer)) as again:
        assert again.get(by="ann")["first"] == 1
        assert again.get()["progress"]["reviewed"] == 2
        assert again.get("/texts", show="unreviewed")["numbers"] == [1, 3]
        assert not again.post("/undo")["text"]["progress"]["changed"]


def test_a_reviewed_text_stays_as_it_was_reviewed_when_it_is_labeled_again(path: Path, scorer: Scorer) -> None:
    with closing(Reviewing(path, scorer)) as review:
        review.accept(0)
        review.decide(1, 28, 32, label="none")
    other = [replace(record, spans=(said(record.text, record.text.split()[0]),)) for record in RECORDS]
    with closing(Reviewing(path, scorer, other)) as review:
        assert entities(review.get("/texts/0")) == ["Anna Berg", "Paris"]
        assert entities(review.get("/texts/1")) == ["Paris"]
        assert entities(review.get("/texts/2")) == ["We"]
    with closing(Reviewing(path, scorer, [replace(RECORDS[0], spans=(said(ANNA, "Berg", by="bob"),))])) as review:
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
        assert "b,28,32,Oslo,none,,,ann,escore-en 6,290.0" in content
    else:
        assert "Berg\tI-ENTITY" in content
        assert any("not reviewed is left out" in note for note in answer["notes"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"start": 0, "end": 4}, "label"),
        ({"start": 0, "end": 4, "label": "none", "target": 3}, "label"),
        ({"start": 0, "end": 4, "label": "person"}, "label"),
        ({"start": 0, "end": 4, "target": 301}, "target"),
        ({"start": 0, "end": 99, "label": "none"}, "end"),
        ({"start": 4, "end": 4, "label": "none"}, "end"),
        ({"start": 4, "end": 5, "label": "none"}, "start"),  # a blank
        ({"start": 0, "end": 4, "label": "none", "replaces": [1]}, "replaces"),
        ({"start": 0, "end": 4, "label": "none", "by": ""}, "by"),
        ({"start": 0, "end": 4, "label": "none", "by": "model"}, "by"),
        ({"start": 0, "end": 4, "label": "none", "by": "a\nb"}, "by"),
        ({"start": 0, "end": 4, "label": "none", "by": "x" * 81}, "by"),
        ({"start": 0, "end": 4, "label": "none", "kind": "dog"}, "kind"),
    ],
)
def test_a_wrong_decision_is_refused_with_its_field(
    review: Reviewing, path: Path, body: dict[str, Any], field: str
) -> None:
    answer = review.post("/texts/0/decisions", 422, **body)
    assert answer["field"] == field
    assert "\n" not in answer["error"]
    assert list(texts(path)) == []


def test_a_text_that_is_not_there_is_named(review: Reviewing) -> None:
    assert review.get("/texts/4", 404)["error"] == "no text 4; the queue has 4, from 0"
    review.decide(4, 0, 1, 404, label="none")
    review.put("/texts/99999999999999999999/reviewed", 404)


def test_an_odd_text_is_reviewed(path: Path, scorer: Scorer) -> None:
    odd = "\ufeff🙂 Zoë\u2028\r\n\ud800 Ünal\t😀."
    with closing(Reviewing(path, scorer, [Record(text=odd, id="x\ud800")])) as review:
        answer = review.get("/texts/0")
        place = answer["text"].index("Ünal")
        assert entities(review.decide(0, place, place + 4, label="entity")) == ["Ünal"]
        review.accept(0)
    (record,) = records(path)
    assert record.text == odd.replace("\ud800", "\ufffd")


def test_a_review_needs_a_file(scorer: Scorer) -> None:
    with pytest.raises(SettingError, match="needs a file that keeps its decisions"):
        create_app(scorer, review=ReviewOptions(RECORDS))


def test_without_a_review_there_is_no_page_for_it(path: Path, scorer: Scorer) -> None:
    client = create_app(scorer, feedback=path).test_client()
    for url in ("/review", "/v1/review"):
        assert client.get(url).status_code == 404


def test_everywhere_leaves_what_people_decided_or_read(review: Reviewing) -> None:
    review.decide(2, 10, 15, label="proper")  # one's own other decision
    review.accept(1, by="bob")  # read by somebody else
    assert review.decide(0, 19, 24, label="none")["others"] == {"places": 1, "all": True}
    review.post("/everywhere", number=0, start=19, end=24)
    labels = [(span["start"], span["label"]) for span in review.get("/texts/2")["spans"]]
    assert labels == [(10, "proper"), (17, "none")]
    assert all(span["by"] == "model" for span in review.get("/texts/1")["spans"])


def test_what_is_accepted_is_what_was_shown(review: Reviewing) -> None:
    shown = review.get("/texts/0", by="bob")
    review.decide(0, 10, 15, label="entity")
    answer = review.put("/texts/0/reviewed", 409, by="bob", version=shown["version"])
    assert answer["error"] == "the text has changed since it was shown; look at it again"
    again = review.get("/texts/0", by="bob")
    assert review.put("/texts/0/reviewed", by="bob", version=again["version"])["reviewed_by"] == ["bob"]


def test_who_changes_what_is_settled_settles_it_anew(review: Reviewing) -> None:
    review.decide(0, 0, 9, label="entity")
    review.decide(0, 0, 4, label="entity", by="bob")
    review.decide(0, 0, 4, label="entity", by="eve", settles=True)
    assert entities(review.decide(0, 0, 9, label="entity", by="eve")) == ["Anna Berg", "Paris"]
    assert review.decide(0, 0, 9, label="none", by="eve")["conflicts"] == []
    answer = review.decide(0, 0, 4, label="entity", by="bob")
    assert (entities(answer), answer["conflicts"]) == (["Anna", "Paris"], [])
    assert entities(review.get("/texts/0", by="eve")) == ["Anna", "Paris"]


def test_a_moved_end_stays_moved_when_it_is_no_entity_after_all(review: Reviewing) -> None:
    review.decide(0, 0, 4, label="entity", replaces=[0, 9])
    assert entities(review.decide(0, 0, 4, label="noun")) == ["Paris"]
    assert entities(review.decide(0, 0, 4, target=150)) == ["Paris"]


def test_what_was_reviewed_comes_back_when_reopening_is_undone(path: Path, scorer: Scorer) -> None:
    with closing(Reviewing(path, scorer)) as review:
        review.accept(0)
    other = [replace(RECORDS[0], spans=(said(ANNA, "Anna"),)), *RECORDS[1:]]
    with closing(Reviewing(path, scorer, other)) as review:
        assert entities(review.accept(0, reviewed=False)) == ["Anna"]
        review.decide(0, 10, 15, label="none")
        review.post("/undo")
        answer = review.post("/undo")["text"]
        assert (answer["reviewed"], entities(answer)) == (True, ["Anna Berg", "Paris"])


def test_held_out_texts_have_no_suggestions_and_stay_held_out(path: Path, scorer: Scorer) -> None:
    held_out = replace(RECORDS[0], held_out=True)
    with closing(Reviewing(path, scorer, [held_out])) as review:
        assert review.get("/texts/0")["spans"] == []
    with closing(Reviewing(path, scorer)) as review:
        review.accept(0)
    with closing(Reviewing(path, scorer, [held_out])) as review:
        assert review.get("/texts/0")["held_out"]
    assert review.get("/texts", search="ANNA")["numbers"] == [0]


def test_corrections_on_the_other_page_count_too(review: Reviewing) -> None:
    body = {"text": ANNA, "start": 0, "end": 4, "label": "noun", "score": 290}
    correction = review.client.post("/v1/feedback", json=body).get_json()
    assert review.get("/texts", show="changed")["numbers"] == [0]
    review.client.delete(f"/v1/feedback/{correction['id']}")
    assert review.get("/texts", show="changed")["numbers"] == []
    assert review.client.post("/v1/feedback", json=body | {"by": "model"}).status_code == 422


def test_what_is_no_longer_in_the_file_is_downloaded_too(path: Path, scorer: Scorer) -> None:
    with closing(Reviewing(path, scorer)) as review:
        review.accept(0)
    with closing(Reviewing(path, scorer, RECORDS[1:])) as review:
        assert review.get("/records")["content"].count("Anna Berg lives") == 1
        assert "not here" in review.post("/undo", 409)["error"]


def test_each_person_has_what_is_not_reviewed_by_them(review: Reviewing) -> None:
    review.accept(0)
    review.accept(1, by="bob")
    assert review.get("/texts", show="unread", by="ann")["numbers"] == [1, 2, 3]
    assert review.get("/texts", show="unread", by="bob")["numbers"] == [0, 2, 3]
    assert review.get("/texts", show="unreviewed", by="bob")["numbers"] == [2, 3]


def test_a_search_takes_accents_in_any_form(path: Path, scorer: Scorer) -> None:
    with closing(Reviewing(path, scorer, [Record(text="Zoe\u0308 of Sa\u0303o Paulo.")])) as review:
        assert review.get("/texts", search="zoë")["numbers"] == review.get("/texts", search="SÃO")["numbers"] == [0]
