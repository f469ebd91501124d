"""Streams of real, scored sentences with planted changes: each is found within a day, and else there is quiet."""

import os
import pickle
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from benchmarks.watch_streams import (
    FIRST,
    Change,
    Pool,
    Stream,
    alarms,
    daily_reports,
    extra,
    instead,
    score_pool,
    without,
)
from tests.files import make_once

from escore import Scorer
from escore_labels.general import general_sentences
from escore_monitor import Store
from escore_monitor.days import iso
from escore_monitor.report import ReportOptions, make_report

SIZE = 400  # documents on a working day
PLANTED = 35  # the day of the change
SEEDS = int(os.environ.get("ESCORE_WATCH_SEEDS", "1"))
OSTARA = [
    "The Ostara ran aground near Kalmar on Monday.",
    "Divers searched the wreck of the OSTARA again.",
    "The owners of the Ostara refused to comment.",
    "Ostara's oil leaked all night.",
]


def _make_pools(folder: Path) -> None:
    scorer, sentences = Scorer(), general_sentences()[:700]
    pools = {
        "usual": score_pool(scorer, sentences),
        "ostara": score_pool(scorer, OSTARA),
        "upper": score_pool(scorer, [text.upper() for text in sentences[:350]]),
        "long": score_pool(scorer, [" ".join(sentences[i : i + 5]) for i in range(0, 350, 5)]),
        "code": score_pool(scorer, [f"{text[::-1]} 0x{i:04x}" for i, text in enumerate(sentences[:200])]),
    }
    (folder / "pools.pickle").write_bytes(pickle.dumps(pools))


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pool]:
    folder = make_once(tmp_path_factory, "watch-pools", _make_pools)
    made: dict[str, Pool] = pickle.loads((folder / "pools.pickle").read_bytes())  # noqa: S301
    return made


def first_report(path: Path, stream: Stream, since: str, seed: int) -> dict[str, object]:
    """The report at the end of the day of the change."""
    with Store(path) as store:
        for _, documents in stream.days(PLANTED + 1, np.random.default_rng(seed)):
            store.add(documents)
    return dict(make_report(path, ReportOptions(since=since, until=iso(FIRST + PLANTED), limit=1000)))


def frequent(pool: Pool) -> str:
    return Counter(mention.text for item in pool for mention in item.mentions).most_common(1)[0][0]


def planted(name: str, pools: dict[str, Pool]) -> tuple[list[Change], str]:
    """A change, and what a report should call it."""
    usual, often = pools["usual"], frequent(pools["usual"])
    mentions = [item for item in usual if often in {mention.text for mention in item.mentions}]
    if name == "new":
        return [extra(pools["ostara"], PLANTED, 99, 6)], "new Ostara"
    if name == "rising":
        return [extra(mentions, PLANTED, 99, 18)], f"rising {often}"
    if name == "one day":
        return [extra(mentions, PLANTED, PLANTED, 20)], f"rising {often}"
    if name == "falling":  # from more than twenty a day to none
        return [extra(mentions, 0, 99, 20), without(often, PLANTED)], f"falling {often}"
    if name == "capitals":
        return [instead(pools["upper"], PLANTED, 0.5)], "drift"
    if name == "longer":
        return [instead(pools["long"], PLANTED, 0.2)], "drift length"
    return [instead(pools["code"], PLANTED, 0.2)], "drift pieces"


@pytest.mark.parametrize("since", ["1d", "7d"])
@pytest.mark.parametrize("name", ["new", "rising", "one day", "falling", "capitals", "longer", "foreign"])
def test_what_is_planted_is_found_within_a_day(pools: dict[str, Pool], tmp_path: Path, name: str, since: str) -> None:
    changes, expected = planted(name, pools)
    for seed in range(SEEDS):
        report = first_report(tmp_path / f"{seed}.db", Stream(pools["usual"], SIZE, changes=changes), since, seed)
        assert any(alarm.casefold().startswith(expected.casefold()) for alarm in alarms(report)), alarms(report)
        assert report["has_drift"] or not expected.startswith("drift")


def test_a_stable_stream_is_quiet(pools: dict[str, Pool], tmp_path: Path) -> None:
    days = 28 + 50
    named = {
        (seed, day): alarms(report)
        for seed in range(SEEDS)
        for day, report in daily_reports(tmp_path / f"{seed}.db", Stream(pools["usual"], SIZE), days, seed)
    }
    assert len(named) == SEEDS * 50
    assert sum(map(bool, named.values())) <= SEEDS, named
