"""Who beats whom among the spans of a record, and what is left open."""

from msgspec.structs import replace

from escore_labels.adjudicate import adjudicate, to_labeled_text
from escore_labels.record import Record, Span
from escore_labels.tokens import ENTITY, NONE, PROPER

TEXT = "Anna Berg lives in Paris."


def span(part: str, **claim: object) -> Span:
    start = TEXT.index(part)
    return Span(start=start, end=start + len(part), **claim)  # type: ignore[arg-type]


def classes(record: Record, prefer: str | None = None) -> dict[str, tuple[int, int]]:
    return {token.text: (token.low, token.high) for token in to_labeled_text(record, prefer).tokens}


def test_words_in_no_span_are_open_unless_the_text_is_reviewed() -> None:
    spans = (span("Paris", label="entity", by="ann"),)
    assert classes(Record(text=TEXT, spans=spans))["lives"] == (NONE, ENTITY)
    reviewed = classes(Record(text=TEXT, spans=spans, reviewed=True))
    assert reviewed["lives"] == (NONE, PROPER)
    assert reviewed["Paris"] == (ENTITY, ENTITY)


def test_a_persons_span_beats_a_lists_and_a_models_in_any_order() -> None:
    model = span("Anna Berg", label="entity", by="model")
    term = span("Anna", label="none", by="list")
    person = span("Anna", label="proper", by="ann")
    for spans in ((model, term, person), (person, term, model)):
        assert classes(Record(text=TEXT, spans=spans))["Anna"] == (PROPER, PROPER)
    assert classes(Record(text=TEXT, spans=(term, model)))["Anna"] == (NONE, NONE)


def test_what_a_model_suggested_counts_once_the_text_is_reviewed() -> None:
    spans = (span("Anna Berg", label="entity", by="model"),)
    assert classes(Record(text=TEXT, spans=spans))["Berg"] == (NONE, ENTITY)
    assert classes(Record(text=TEXT, spans=spans, reviewed=True))["Berg"] == (ENTITY, ENTITY)


def test_the_later_span_of_a_person_wins_by_time_then_by_place() -> None:
    early = span("Paris", label="entity", by="ann", time="2026-01-01T10:00:00+00:00")
    late = span("Paris", label="none", by="ann", time="2026-01-02T10:00:00+00:00")
    assert classes(Record(text=TEXT, spans=(late, early)))["Paris"] == (NONE, NONE)
    untimed = (span("Paris", label="none", by="ann"), span("Paris", label="entity", by="ann"))
    assert classes(Record(text=TEXT, spans=untimed))["Paris"] == (ENTITY, ENTITY)


def test_two_people_who_differ_are_in_conflict_and_the_word_stays_open() -> None:
    ann, bob = span("Paris", label="entity", by="ann"), span("Paris", label="none", by="bob")
    record = Record(text=TEXT, spans=(ann, bob), reviewed=True)
    (conflict,) = adjudicate(record).conflicts
    assert {conflict.first.by, conflict.second.by} == {"ann", "bob"}
    assert classes(record)["Paris"] == (NONE, ENTITY)
    assert adjudicate(record, prefer="bob").conflicts == []
    assert classes(record, prefer="bob")["Paris"] == (NONE, NONE)
    assert classes(record, prefer="ann")["Paris"] == (ENTITY, ENTITY)
    same = Record(text=TEXT, spans=(ann, span("Paris", label="entity", by="bob")))
    assert adjudicate(same).conflicts == []


def test_who_is_not_named_is_in_no_conflict() -> None:
    spans = (Span(start=0, end=4, label="entity", by="ann"), Span(start=0, end=4, label="none"))
    labels = adjudicate(Record(text="Anna", spans=spans))
    assert labels.conflicts == []
    assert labels.spans == [spans[1]]


def test_a_target_is_kept_and_an_entity_starts_once() -> None:
    spans = (span("Anna Berg", label="entity", by="ann"), span("Paris", target=120.5, by="ann"))
    tokens = {token.text: token for token in to_labeled_text(Record(text=TEXT, spans=spans)).tokens}
    assert tokens["Paris"].target == 120.5
    assert [tokens[word].starts_entity for word in ("Anna", "Berg", "Paris")] == [True, False, False]


def test_a_persons_entity_withdraws_the_overlapping_ones_of_a_model_and_a_list() -> None:
    text = "Near 't stormvogel."
    start = text.index("'t")
    for by in ("model", "list"):
        suggested = Span(start=start, end=start + 13, label="entity", by=by)
        person = Span(start=start + 3, end=start + 13, label="entity", by="ann")
        for spans in ((suggested, person), (person, suggested)):
            tokens = to_labeled_text(Record(text=text, reviewed=True, spans=spans)).tokens
            assert [token.text for token in tokens if token.low == ENTITY] == ["stormvogel"]
        same = Record(text=text, spans=(suggested, Span(start=start, end=start + 13, label="entity", by="ann")))
        assert next(span.by for span in adjudicate(same).spans if span is not None) == "ann"
    partly = (span("Anna Berg", label="entity", by="model"), span("Anna", label="none", by="ann"))
    assert classes(Record(text=TEXT, reviewed=True, spans=partly))["Berg"] == (ENTITY, ENTITY)


def test_a_later_entity_of_a_person_withdraws_an_earlier_one_of_other_bounds() -> None:
    """Without times, nobody says which is later: a corpus may hold entities within entities."""
    whole, part = span("Anna Berg", label="entity", by="ann"), span("Anna", label="entity", by="ann")
    early, late = "2026-01-01T10:00:00+00:00", "2026-01-02T10:00:00+00:00"
    timed = Record(text=TEXT, spans=(replace(whole, time=early), replace(part, time=late)), reviewed=True)
    assert classes(timed)["Berg"] == (NONE, PROPER)
    back = Record(text=TEXT, spans=(replace(whole, time=late), replace(part, time=early)), reviewed=True)
    assert classes(back)["Anna"] == classes(back)["Berg"] == (ENTITY, ENTITY)
    assert classes(Record(text=TEXT, spans=(whole, part), reviewed=True))["Berg"] == (ENTITY, ENTITY)


def test_a_span_that_settles_a_conflict_beats_both_sides() -> None:
    ann, bob = span("Anna Berg", label="entity", by="ann"), span("Berg", label="entity", by="bob")
    open_record = Record(text=TEXT, spans=(ann, bob), reviewed=True)
    assert len(adjudicate(open_record).conflicts) == 1
    for choice in (ann, bob):
        settled = replace(choice, by="eve", settles=True)
        for spans in ((settled, ann, bob), (ann, bob, settled)):
            record = Record(text=TEXT, spans=spans, reviewed=True)
            assert adjudicate(record).conflicts == adjudicate(record, prefer="bob").conflicts == []
            assert classes(record)["Berg"] == (ENTITY, ENTITY)
            assert classes(record)["Anna"] == ((ENTITY, ENTITY) if choice is ann else (NONE, PROPER))
    none = replace(bob, label="none", by="eve", settles=True)
    assert classes(Record(text=TEXT, spans=(ann, bob, none)))["Berg"] == (NONE, NONE)


def test_who_settles_it_last_is_right() -> None:
    early, late = "2026-01-01T10:00:00+00:00", "2026-01-02T10:00:00+00:00"
    ann = span("Anna Berg", label="entity", by="ann", settles=True, time=late)
    bob = span("Anna", label="none", by="bob", settles=True, time=early)
    for spans in ((ann, bob), (bob, ann)):
        record = Record(text=TEXT, spans=spans)
        assert adjudicate(record).conflicts == []
        assert classes(record)["Anna"] == (ENTITY, ENTITY)
        other = Record(text=TEXT, spans=(replace(ann, time=early), replace(bob, time=late)), reviewed=True)
        assert classes(other)["Anna"] == (NONE, NONE)
        assert classes(other)["Berg"] == (NONE, PROPER)


def test_what_a_person_says_of_a_part_withdraws_a_models_entity() -> None:
    model = span("Anna Berg", label="entity", by="model")
    for claim in ({"label": "entity"}, {"label": "noun"}, {"target": 50.0}):
        record = Record(text=TEXT, spans=(model, span("Anna", by="ann", **claim)), reviewed=True)
        assert classes(record)["Berg"] == (NONE, PROPER)
    nothing = Record(text=TEXT, spans=(model, span("lives", label="none", by="ann")), reviewed=True)
    assert classes(nothing)["Berg"] == (ENTITY, ENTITY)


def test_what_is_withdrawn_itself_withdraws_nothing() -> None:
    """Anna Berg, shortened to Anna, no longer keeps the model's "Berg lives" away."""
    early, late = "2026-01-01T10:00:00+00:00", "2026-01-02T10:00:00+00:00"
    spans = (
        span("Berg lives", label="entity", by="model"),
        span("Anna Berg", label="entity", by="ann", time=early),
        span("Anna", label="entity", by="ann", time=late),
    )
    assert classes(Record(text=TEXT, spans=spans, reviewed=True))["lives"] == (ENTITY, ENTITY)


def test_the_preferred_persons_entity_withdraws_others_with_other_bounds() -> None:
    spans = (span("Anna Berg", label="entity", by="ann"), span("Anna", label="entity", by="bob"))
    record = Record(text=TEXT, spans=spans, reviewed=True)
    assert classes(record, prefer="bob")["Berg"] == (NONE, PROPER)
    assert classes(record, prefer="ann")["Berg"] == (ENTITY, ENTITY)
