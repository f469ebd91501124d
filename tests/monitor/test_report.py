"""What a report says of a store."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.monitor.observations import DAY, observation

from escore_labels.record import Record, Span
from escore_monitor import Mention, ReportError, Store
from escore_monitor.days import iso
from escore_monitor.observation import Observation
from escore_monitor.report import ReportOptions, make_report
from escore_monitor.text_report import to_text


def store_of(path: Path, items: list[Observation]) -> Path:
    with Store(path) as store:
        store.add(items)
    return path


def steady(days: int, model: str = "m 1", source: str = "", first: int = DAY) -> list[Observation]:
    """Ten documents a day that mention Oslo, of which one mentions OSLO."""
    return [
        observation(f"{source}{day} {i}", ["OSLO" if i == 0 else "Oslo"], day, model=model, source=source)
        for day in range(first, first + days)
        for i in range(10)
    ]


def test_it_counts_documents_mentions_and_spellings(tmp_path: Path) -> None:
    report = make_report(store_of(tmp_path / "x.db", steady(35)), ReportOptions(since="7d"))
    assert (report["window"]["documents"], report["reference"]["documents"]) == (70, 280)
    assert (report["window"]["first"], report["window"]["last"]) == (iso(DAY + 28), iso(DAY + 34))
    (row,) = report["top"]
    assert (row["entity"], row["documents"], row["mentions"], row["expected"]) == ("Oslo", 70, 70, 70.0)
    assert row["variants"] == [{"text": "Oslo", "mentions": 315}, {"text": "OSLO", "mentions": 35}]
    assert row["score"] == 290.5
    assert (report["new"], report["rising"], report["falling"], report["has_drift"]) == ([], [], [], False)
    assert (report["verdict"], report["not_judged"]) == ("no drift", None)
    assert report["series"]["entities"]["Oslo"] == [10] * 35
    assert "Verdict: no drift\n" in to_text(report)


def test_what_is_new_was_in_no_document_before(tmp_path: Path) -> None:
    again = [observation(f"again {i}", ["Ostara"], DAY + 40) for i in range(6)]
    path = store_of(tmp_path / "x.db", [*steady(41), observation("long ago", ["Ostara"], DAY), *again])
    report = make_report(path, ReportOptions(since="1d"))
    assert report["new"] == []
    (row,) = report["rising"]  # for it is back
    assert (row["entity"], row["change"]["documents"], row["first_day"]) == ("Ostara", 6, iso(DAY))
    store_of(path, [observation(f"new {i}", ["Vesta"], DAY + 40) for i in range(6)])
    report = make_report(path, ReportOptions(since="1d"))
    assert [row["entity"] for row in report["new"]] == ["Vesta"]
    assert report["new"][0]["change"] is not None
    assert (report["counts"]["new"], report["counts"]["rising"]) == (1, 1)


def test_another_model_stands_in_for_entities_but_not_for_drift(tmp_path: Path) -> None:
    """A new model does not make everything new."""
    items = steady(30) + steady(10, "m 2", first=DAY + 25)
    report = make_report(store_of(tmp_path / "x.db", items))
    assert report["model"] == "m 2"
    assert report["window"]["documents"] == 70  # days that both scored count once
    assert report["reference"]["days_with_documents"] == 28
    assert report["new"] == report["rising"] == []
    assert report["verdict"].startswith("no drift can be judged")
    assert (report["has_drift"], report["not_judged"]) == (None, report["verdict"])
    assert report["counts"] == {"new": 0, "rising": 0, "falling": 0}
    assert "m 1 on 25 days" in to_text(report)
    alone = make_report(tmp_path / "x.db", ReportOptions(model="m 2"))
    assert alone["reference"]["days_with_documents"] == 3
    assert alone["verdict"].startswith("too little to compare with: 3 days")
    assert alone["not_judged"] == alone["verdict"]
    assert alone["counts"] == {"new": None, "rising": None, "falling": None}


def test_sources_and_kinds_can_be_chosen(tmp_path: Path) -> None:
    oslo = replace(
        observation("p", [], DAY + 34), mentions=(Mention("Vik", 280, "person"), Mention("Oslo", 290, "place"))
    )
    path = store_of(tmp_path / "x.db", [*steady(35, source="a"), *steady(35, source="b")[:300], oslo])
    assert make_report(path, ReportOptions(source="a"))["window"]["documents"] == 70
    assert make_report(path, ReportOptions())["window"]["documents"] == 70 + 20 + 1
    assert [row["entity"] for row in make_report(path, ReportOptions(kind="person"))["top"]] == ["Vik"]
    assert make_report(path, ReportOptions(kind="place"))["top"][0]["kind"] == "place"
    assert len(make_report(path, ReportOptions(limit=1))["top"]) == 1
    with pytest.raises(ReportError, match="no document of source 'c'; choose one of 'a', 'b'"):
        make_report(path, ReportOptions(source="c"))
    with pytest.raises(ReportError, match="no entity of kind 'thing'; choose one of 'person', 'place'"):
        make_report(path, ReportOptions(kind="thing"))


def corrections(agreed: dict[int, int]) -> list[Record]:
    """Ten corrections a day, of which so many agree with the score."""
    return [
        Record(
            text="Oslo slept",
            spans=(
                Span(
                    start=0,
                    end=4,
                    label="entity" if i < agreed[day] else "none",
                    score=280,
                    time=f"{iso(DAY + day)}T12:00Z",
                ),
            ),
        )
        for day in agreed
        for i in range(10)
    ]


@pytest.mark.parametrize(("now", "drifts"), [(8, False), (2, True)])
def test_people_who_agree_less_are_a_drift(tmp_path: Path, now: int, drifts: bool) -> None:
    path = store_of(tmp_path / "x.db", steady(35))
    agreed = {day: 8 + day % 2 for day in range(28)} | dict.fromkeys(range(28, 35), now)
    report = make_report(path, ReportOptions(corrections=corrections(agreed)))
    (row,) = (row for row in report["drift"] if row["signal"] == "agreement")
    assert (row["is_drift"], report["has_drift"]) == (drifts, drifts)
    assert ("label again: escore label TEXTS --review 200" in report["verdict"]) == drifts
    assert report["signals"]["agreement"]["by_day"][-1] == now / 10


def test_what_a_reviewer_leaves_is_agreed_with() -> None:
    from escore_monitor.agreement import agreement_by_day

    spans = (
        Span(start=0, end=4, label="entity", by="model", score=280),
        Span(start=5, end=10, label="entity", by="model", score=230),
        Span(start=5, end=10, label="none", by="ann", score=230, time=f"{iso(DAY)}T12:00Z"),
    )
    record = Record(text="Oslo slept", reviewed=True, spans=spans)
    assert agreement_by_day([record], DAY, 2)["agreement"].tolist() == [[1, 1], [0, 0]]
    assert agreement_by_day([record], DAY + 5, 2) == {}
    assert agreement_by_day([], DAY, 2) == {}


def test_days_without_documents_are_no_trouble(tmp_path: Path) -> None:
    items = [item for item in steady(60) if item.day % 3 == 0]
    report = make_report(store_of(tmp_path / "x.db", items), ReportOptions(since="2w", reference="6w"))
    assert report["window"]["days_with_documents"] == 5
    assert report["has_drift"] is False
    assert report["signals"]["length"]["by_day"].count(None) == 37


def test_days_before_1900_that_a_store_has_do_no_harm(tmp_path: Path) -> None:
    first = -719_162  # 0001-01-01
    path = store_of(tmp_path / "x.db", [observation("old", ["Oslo"], first)])
    with pytest.raises(ReportError, match="all of its documents are of before 1900"):
        make_report(path)
    store_of(path, steady(1))
    report = make_report(path)
    assert (report["window"]["documents"], report["top"][0]["first_day"]) == (10, "0001-01-01")
    to_text(report)
