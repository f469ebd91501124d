"""`escore run`: encodings, compressed files, and bytes that are no text."""

import json
import os
import sys
from pathlib import Path

import pytest
from tests.cli.runs import NEWS, rows
from tests.conftest import Run

from escore_cli import input_bytes


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_characters_may_arrive_in_parts(escore_here: Run, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """Byte by byte: the byte-order mark, letters of several bytes, CRLF."""
    monkeypatch.setattr(input_bytes, "BLOCK", 1)
    text = "Zoë slept.\r\n漢🙂\r\n"
    name = encoding.removesuffix("-sig")
    result = escore_here("run", "--lines", "--format", "jsonl", "--encoding", name, input=text.encode(encoding))
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == text.splitlines()


def test_offsets_count_code_points_after_a_byte_order_mark(escore_here: Run) -> None:
    result = escore_here("run", "--min", "200", input="\ufeff👩‍👩‍👧 saw Anna Berg".encode())
    assert [(row[1], row[2], row[5]) for row in rows(result.stdout)] == [("10", "14", "Anna"), ("15", "19", "Berg")]


def test_encodings(escore_here: Run) -> None:
    text = "José Müller\nmet Anna\n"
    for encoding in ("latin-1", "utf-16", "utf-16-le", "utf-32", "cp1252"):
        for extra in ([], ["--lines"]):
            result = escore_here("run", "--min", "0", "--encoding", encoding, *extra, input=text.encode(encoding))
            assert [row[5] for row in rows(result.stdout)] == ["José", "Müller", "met", "Anna"]
            assert result.returncode == 0


def test_output_is_utf8_whatever_the_locale(escore: Run) -> None:
    environment = os.environ | {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    result = escore("run", input=NEWS.encode(), env=environment)
    assert (result.returncode, result.stderr) == (0, b"")
    assert "★" in result.stdout.decode()


@pytest.mark.parametrize("kind", ["gzip", "bz2", "backports.zstd"])
def test_compressed_files_are_read(escore_here: Run, tmp_path: Path, kind: str) -> None:
    compress = pytest.importorskip(kind).compress
    (tmp_path / "plain.txt").write_text(NEWS)
    # Two members, as after `cat`, in a file whose name does not tell.
    (tmp_path / "packed").write_bytes(compress(NEWS[:30].encode()) + compress(NEWS[30:].encode()))
    for extra in ([], ["--lines"]):
        plain = escore_here("run", *extra, "plain.txt").stdout
        assert escore_here("run", *extra, "packed").stdout == plain.replace(b"plain.txt", b"packed")
        packed = escore_here("run", *extra, input=(tmp_path / "packed").read_bytes())
        assert packed.stdout == plain.replace(b"plain.txt", b"-")
    (tmp_path / "cut").write_bytes(compress(NEWS.encode())[:-6])
    (tmp_path / "damaged").write_bytes(compress(b"Anna\n" * 999)[:20] + b"\xff" * 50 + bytes(500))
    for name, part in [("cut", "data end too early"), ("damaged", "data")]:
        result = escore_here("run", name)
        assert (result.returncode, result.stdout) == (1, b"")
        assert part in result.stderr.decode()
        assert result.stderr.count(b"\n") == 1


def test_zstd_without_a_module_says_what_to_do(escore_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, module, None)
    result = escore_here("run", input=b"\x28\xb5\x2f\xfd" + b"x" * 20)
    assert result.returncode == 1
    assert b"standard input: compressed by zstd, which Python reads from 3.14 on; pip install" in result.stderr


def test_text_that_begins_like_compressed_data_is_text(escore_here: Run) -> None:
    for text in (b"BZh", b"BZh9", b"BZh9 met Anna", b"BZhA"):
        result = escore_here("run", "--min", "0", "--lines", input=text)
        assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.parametrize("extra", [[], ["--lines"]])
def test_bytes_that_are_no_text_may_be_replaced(escore_here: Run, tmp_path: Path, extra: list[str]) -> None:
    (tmp_path / "latin.txt").write_bytes(b"Anna\nJos\xe9 went\nBen \xe2\x82\n")
    result = escore_here("run", *extra, "--errors", "replace", "--format", "jsonl", "--min", "0", "latin.txt")
    texts = [json.loads(line)["text"] for line in result.stdout.splitlines()]
    assert "".join(texts).replace("\n", "") == "AnnaJos\ufffd wentBen \ufffd"
    assert (result.returncode, result.stderr) == (0, b"escore: 2 places that are not utf-8 were read as U+FFFD\n")
    (tmp_path / "one.txt").write_bytes(b"Jos\xe9 went\n")
    one = escore_here("run", *extra, "--errors", "replace", "one.txt")
    assert one.stderr == b"escore: 1 place that is not utf-8 was read as U+FFFD\n"
    label = escore_here("label", *extra, "--errors", "replace", "latin.txt")
    assert (label.returncode, label.stderr) == (0, b"escore: 2 places that are not utf-8 were read as U+FFFD\n")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_noticed(escore_here: Run, encoding: str) -> None:
    for extra in ([], ["--lines"], ["--errors", "replace"]):
        result = escore_here("run", *extra, input="José met Anna.\nÉva left.\n".encode(encoding))
        assert (result.returncode, result.stdout) == (1, b"")
        expected = f"escore: standard input: this is {encoding}, not utf-8; give --encoding {encoding}\n"
        assert result.stderr.decode() == expected
    nulls = escore_here("run", "--min", "0", input=b"a\0b\0 some words with two NULs")
    assert (nulls.returncode, nulls.stderr) == (0, b"")
