"""The page joins words by the runtime's rule."""

import random

import pytest
from tests.joining import CASES, JOINED, Scores, random_case, read
from tests.service.browser import Visit
from tests.service.servers import Service

MINIMUM = 200

JOIN = """async ([cases, minimum]) => {
    const { ScoredDocument } = await import('/static/document.js');
    return cases.map(({ text, ...columns }) => {
        const doc = new ScoredDocument(text, columns, []);
        return doc.runs(minimum, true).map((run) => [doc.span(run), run.first, run.last, run.score]);
    });
}"""


def columns(case: Scores) -> dict[str, object]:
    starts, ends = zip(*case.places, strict=True) if case.places else ((), ())
    columns = {"text": case.text, "start": starts, "end": ends, "score": case.scores}
    return columns if case.joins is None else columns | {"join": case.joins}


def test_the_page_joins_as_the_runtime_does(visit: Visit, feedback_service: Service) -> None:
    rng = random.Random(1)
    examples = CASES + JOINED
    cases = [read(case) for case, _ in examples] + [random_case(rng) for _ in range(1000)]
    runs = visit(feedback_service, scored=False).evaluate(JOIN, [[columns(case) for case in cases], MINIMUM])
    for case, ours in zip(cases, runs, strict=True):
        theirs = case.document().entities(MINIMUM)
        assert [text for text, *_ in ours] == [entity.text for entity in theirs], case
        places = [(case.places[first][0], case.places[last][1]) for _, first, last, _ in ours]
        assert places == [(entity.start, entity.end) for entity in theirs]
        assert [score for *_, score in ours] == pytest.approx([entity.score for entity in theirs])
    assert [[text for text, *_ in ours] for ours in runs[: len(examples)]] == [entities for _, entities in examples]
