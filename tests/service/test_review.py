"""The review over HTTP: decisions, undoing, places of the same words, conflicts."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.service.reviews import ANNA, PARIS, RECORDS, Reviewing, entities

from escore import Scorer
from escore_labels.adjudicate import adjudicate, to_labeled_text
from escore_labels.record import Record
from escore_labels.tokens import ENTITY, NONE, PROPER
from escore_service.feedback import records, texts


def classes(record: Record) -> dict[str, tuple[int, int]]:
    return {token.text: (token.low, token.high) for token in to_labeled_text(record).tokens}


def test_a_decision_is_kept_with_who_made_it_and_what_it_corrects(review: Reviewing, review_file: Path) -> None:
    answer = review.decide(0, 19, 24, label="none")
    assert entities(answer) == ["Anna Berg"]
    assert answer["progress"]["changed"] == 1
    (record,) = records(review_file)
    *known, span = record.spans
    assert tuple(known) == RECORDS[0].spans
    assert (span.by, span.label, span.model, span.score) == ("ann", "none", "escore-en 7", 290.0)
    assert (record.id, record.reviewed) == ("a", False)


def test_a_decision_is_widened_to_words(review: Reviewing, review_file: Path) -> None:
    review.decide(0, 11, 13, label="proper")
    (record,) = records(review_file)
    assert ANNA[record.spans[-1].start : record.spans[-1].end] == "lives"


def test_moving_an_end_withdraws_what_was_there(review: Reviewing, review_file: Path) -> None:
    assert entities(review.decide(0, 0, 4, label="entity")) == ["Anna", "Paris"]  # the model's
    assert entities(review.decide(0, 0, 15, label="entity", replaces=[0, 4])) == ["Anna Berg lives", "Paris"]
    assert entities(review.decide(0, 5, 9, label="entity", replaces=[0, 15])) == ["Berg", "Paris"]
    (record,) = records(review_file)
    assert [span for span in record.spans if span.by == "ann"] == [record.spans[-1]]
    review.accept(0)
    (record,) = records(review_file)
    assert classes(record)["Anna"] == (NONE, PROPER)
    assert classes(record)["Berg"] == (ENTITY, ENTITY)


def test_an_accepted_text_is_reviewed_and_its_suggestions_are_right(review: Reviewing, review_file: Path) -> None:
    review.decide(0, 19, 24, label="none")
    answer = review.accept(0)
    assert (answer["reviewed"], answer["reviewed_by"]) == (True, ["ann"])
    progress = answer["progress"]
    assert [progress[name] for name in ("reviewed", "suggested", "right", "missed", "needed")] == [1, 2, 1, 0, 50]
    (record,) = records(review_file)
    assert record.reviewed
    assert classes(record)["Berg"] == (ENTITY, ENTITY)
    assert classes(record)["Paris"] == (NONE, NONE)
    assert review.accept(0, reviewed=False)["reviewed_by"] == []
    assert [record.reviewed for record in records(review_file)] == [False]


def test_what_the_model_missed_is_counted(review: Reviewing) -> None:
    review.decide(1, 13, 17, label="entity")
    assert review.accept(1)["progress"]["missed"] == 1
    review.decide(2, 10, 15, label="entity")  # where the model had suggested nothing, it was not asked
    assert review.accept(2)["progress"]["missed"] == 1


def test_a_target_is_kept(review_file: Path, scorer: Scorer) -> None:
    with closing(Reviewing(review_file, scorer, importance=True)) as review:
        assert review.get()["importance"]
        answer = review.decide(0, 0, 9, target=250)
        assert [(span["target"], span["by"]) for span in answer["spans"] if "target" in span] == [(250, "ann")]
        review.decide(0, 19, 24, target=0)
        (record,) = records(review_file)
    assert sorted(span.target for span in record.spans if span.target is not None) == [0, 250]


def test_undo_takes_back_one_action_after_another(review: Reviewing, review_file: Path) -> None:
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
    assert list(texts(review_file)) == []
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


def test_two_peoples_conflict_is_listed_and_settled(review: Reviewing, review_file: Path) -> None:
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
    (record,) = records(review_file)
    assert adjudicate(record).conflicts == []
    assert len(review.post("/undo", by="eve")["text"]["conflicts"]) == 1


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
    review: Reviewing, review_file: Path, body: dict[str, Any], field: str
) -> None:
    answer = review.post("/texts/0/decisions", 422, **body)
    assert answer["field"] == field
    assert "\n" not in answer["error"]
    assert list(texts(review_file)) == []


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
