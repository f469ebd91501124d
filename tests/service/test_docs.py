"""The examples of docs/service.md, run against a service: what they print is what stands there."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.service.served import Served, served

BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "docs" / "service.md").read_text("utf-8"), re.DOTALL)
EXAMPLES = [
    (*block, BLOCKS[place + 1 : place + 2]) for place, block in enumerate(BLOCKS) if block[0] in ("sh", "python")
]


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    with served() as service:
        yield service


@pytest.mark.parametrize(("language", "code", "after"), EXAMPLES)
def test_an_example_does_what_it_says(service: Served, language: str, code: str, after: list[tuple[str, str]]) -> None:
    if language == "sh" and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = ["sh", "-c"] if language == "sh" else [sys.executable, "-c"]
    code = code.replace("127.0.0.1:8300", f"127.0.0.1:{service.port}").replace("curl ", "curl --fail ")
    done = subprocess.run([*command, code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    match after:
        case [("json", shown)]:
            assert matches(json.loads(done.stdout), json.loads(shown))
        case [("text", shown)]:
            assert done.stdout == shown
        case _:
            assert json.loads(done.stdout)["documents"][0]["words"]


def matches(found: Any, shown: Any) -> bool:
    """Whether an answer is the one shown; a score may differ a little, since int8 does from processor to processor."""
    if isinstance(shown, dict):
        return all(name in found and matches(found[name], value) for name, value in shown.items())
    if isinstance(shown, list):
        return len(found) == len(shown) and all(map(matches, found, shown))
    return bool(found == (pytest.approx(shown, abs=5) if isinstance(shown, float) else shown))


def test_there_are_examples_in_both_languages() -> None:
    assert [language for language, _, _ in EXAMPLES].count("sh") >= 2
    assert [language for language, _, _ in EXAMPLES].count("python") >= 2
