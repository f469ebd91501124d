"""Small texts as people have them, and what the model that ships makes of them: tests/cases/given.jsonl.

Of each line: `words` are bands of scores ("word#2" is the word's second occurrence), `entities` must come out whole at
the default minimum.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from escore import Document, Scorer
from escore.scale import ENTITY_MINIMUM

CASES = [json.loads(line) for line in (Path(__file__).parents[1] / "cases" / "given.jsonl").read_text().splitlines()]
# How many of each kind pass, of how many: raise the first numbers with every better model.
PASSED = {
    "typographic": (4, 4),
    "suffix": (2, 2),
    "wrapped": (2, 2),
    "mail": (1, 1),
    "code": (3, 3),
    "log": (1, 1),
    "table": (2, 3),
    "roles": (2, 2),
    "names": (4, 4),
    "chat": (2, 2),
    "invisible": (4, 4),
    "technical": (3, 3),
}


def failures(case: dict[str, Any], document: Document) -> list[str]:
    """What is not as the case wants it."""
    seen = Counter[str]()
    scores = {}
    for word in document.words:
        seen[word.text] += 1
        scores[word.text if seen[word.text] == 1 else f"{word.text}#{seen[word.text]}"] = word.score
    entities = {entity.text for entity in document.entities(ENTITY_MINIMUM)}
    return [
        f"{word} {scores.get(word)}"
        for word, (low, high) in case.get("words", {}).items()
        if not low <= scores.get(word, -1) <= high
    ] + [entity for entity in case.get("entities", []) if entity not in entities]


@pytest.mark.parametrize("kind", PASSED)
def test_as_many_cases_pass_as_before(scorer: Scorer, kind: str) -> None:
    cases = [case for case in CASES if case["kind"] == kind]
    problems = {case["text"]: failures(case, scorer(case["text"])) for case in cases}
    passed = sum(not problem for problem in problems.values())
    assert (passed, len(cases)) >= PASSED[kind], problems
    assert (passed, len(cases)) == PASSED[kind], f"better: raise the number of {kind} to {passed}"


def test_every_kind_is_counted() -> None:
    assert Counter(case["kind"] for case in CASES) == {kind: count for kind, (_, count) in PASSED.items()}
