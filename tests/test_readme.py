"""The README's Python does what it says."""

import re
from pathlib import Path

import pytest
from tests.conftest import ROOT


def test_the_readmes_python_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    section = text.partition("## In Python")[2]
    block = re.search(r"\n\n((?:    .*\n|\n)+)", section)
    assert block is not None
    code = re.sub(r"^    ", "", block.group(1), flags=re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "many-lines.txt").write_text("Anna\nBen\n")
    monkeypatch.setattr("builtins.open", lambda path: Path(path).read_text().splitlines())  # closes what it opens
    exec(code, {})  # noqa: S102
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Joe 0 3 2")
    assert "['Joe Biden', 'Boris Johnson']" in lines


def test_the_readmes_sample_is_what_comes_out() -> None:
    from escore import Scorer

    text = (ROOT / "README.md").read_text("utf-8")
    sample = re.search(r'<<< "(.*)"\n((?:    -\t.*\n)+)', text)
    assert sample is not None
    rows = [line.strip().split("\t") for line in sample.group(2).splitlines()]
    words = Scorer()(sample.group(1)).words_above(10)
    assert [row[5] for row in rows] == [word.text for word in words]
    for row, word in zip(rows, words, strict=True):
        assert (int(row[1]), int(row[2]), row[4]) == (word.start, word.end, word.mark)
        assert float(row[3]) == pytest.approx(word.score, abs=5)  # processors differ a little in int8
