"""The documents' code does what they say."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT

from escore import Scorer
from escore.bundle.bundle import DEFAULT


def test_ten_lines_run_a_bundle_without_escore(tmp_path: Path) -> None:
    """In a process that cannot import escore, on the bundle that ships."""
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "export.md").read_text("utf-8"), re.DOTALL)
    shutil.copytree(DEFAULT, tmp_path / "bundle")
    program = f"import sys\nsys.modules['escore'] = None\n{code}"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    document = Scorer()("Anna Kowalska lives in Rotterdam.")
    starts = {word.text[:2]: word.score for word in document.words}
    assert len(lines) >= len(document.words)
    for score, text in (lines[0], lines[-1]):
        assert float(score) == pytest.approx(starts[text[:2]], abs=1)  # the first and last word are one token each


def test_one_scorer_serves_many_threads() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "performance.md").read_text("utf-8"), re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "Anna\n"


def test_links_between_documents_lead_somewhere() -> None:
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
