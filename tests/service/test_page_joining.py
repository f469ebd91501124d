"""The page joins words by the runtime's rule."""

import random

import pytest
from tests.joining import CASES, Scores, random_case, read
from tests.service.browser import Visit
from tests.service.served import Served

MINIMUM = 200

JOIN = """async ([cases, minimum]) => {
    const { ScoredDocument } = await import('/static/document.js');
    return cases.map(({ text, start, end, score }) => {
        const doc = new ScoredDocument(text, { start, end, score }, []);
        return doc.runs(minimum, true).map((run) => [doc.span(run), run.first, run.last, run.score]);
    });
}"""


def columns(made: Scores) -> dict[str, object]:
    starts, ends = zip(*made.places, strict=True) if made.places else ((), ())
    return {"text": made.text, "start": starts, "end": ends, "score": made.scores}


def test_the_page_joins_as_the_runtime_does(visit: Visit, server: Served) -> None:
    rng = random.Random(1)
    cases = [read(case) for case, _ in CASES] + [random_case(rng) for _ in range(1000)]
    found = visit(server).evaluate(JOIN, [[columns(made) for made in cases], MINIMUM])
    for made, ours in zip(cases, found, strict=True):
        document = made.document()
        theirs = document.entities(MINIMUM)
        assert [text for text, *_ in ours] == [entity.text for entity in theirs], made
        places = [(made.places[first][0], made.places[last][1]) for _, first, last, _ in ours]
        assert places == [(entity.start, entity.end) for entity in theirs]
        assert [score for *_, score in ours] == pytest.approx([entity.score for entity in theirs])
    assert [[text for text, *_ in ours] for ours in found[: len(CASES)]] == [entities for _, entities in CASES]
