"""The map of `escore mask`: maps that cannot be used, and who uses one at a time."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Run

from escore.masking.map_file import MapError, MapWriter


def test_maps_that_cannot_be_used(escore_here: Run, tmp_path: Path) -> None:
    path = tmp_path / "map.jsonl"
    for content in (
        "{}\n",
        "[]\n",
        "no\n",
        "secret",
        '{"a":1}',
        "{",
        '{"placeholder": "x"}',
        '{"placeholder": "", "text": "a", "label": "X"}\n',
        '{"placeholder": 1}\n',
    ):
        path.write_text(content)
        for extra in (["--unmask"], []):
            result = escore_here("mask", *extra, "--map", "map.jsonl", input=b"Anna")
            assert (result.returncode, result.stdout) == (1, b"")
            assert b"map.jsonl: line 1: no entry of a map; give the file that --map wrote" in result.stderr
        assert path.read_text() == content
    path.write_text("")
    path.chmod(0o644)
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        result = escore_here("mask", "--map", "map.jsonl", input=b"Anna")
        assert b"map.jsonl: another process is using the map" in result.stderr
    assert escore_here("mask", "--map", "map.jsonl", input=b"Anna slept").returncode == 0
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o400)
    result = escore_here("mask", "--map", "map.jsonl", input=b"Anna slept")
    assert result.stderr == b"escore: map.jsonl: Read-only file; make it writable, or give another map\n"
    assert os.listdir(tmp_path) == ["map.jsonl"]
    os.mkfifo(tmp_path / "pipe", 0o644)
    with pytest.raises(MapError, match="pipe: not a file"):
        MapWriter(tmp_path / "pipe")
    assert (tmp_path / "pipe").stat().st_mode & 0o777 == 0o644


LINE = '{"placeholder": "%s", "text": "%s", "label": "PERSON"}'


@pytest.mark.parametrize("extra", [["--unmask"], []])
def test_a_map_that_contradicts_itself_is_refused(escore_here: Run, tmp_path: Path, extra: list[str]) -> None:
    path = tmp_path / "map.jsonl"
    for first, second, problem in [
        (("[PERSON_1]", "Anna"), ("[PERSON_1]", "Ben"), b"two entries for the placeholder [PERSON_1]"),
        (("[PERSON_1]", "Anna"), ("[PERSON_2]", "Anna"), b"two placeholders for one text, [PERSON_1] and [PERSON_2]"),
    ]:
        content = "\n".join([LINE % first, LINE % ("[PERSON_7]", "Eve"), LINE % second, ""])
        path.write_text(content)
        result = escore_here("mask", *extra, "--map", "map.jsonl", input=b"Anna")
        assert (result.returncode, result.stdout) == (1, b"")
        assert b"map.jsonl: lines 1 and 3: " + problem in result.stderr
        assert result.stderr.count(b"\n") == 1
        assert path.read_text() == content


def test_a_garbage_last_line_is_refused_and_a_whole_one_kept(escore_here: Run, tmp_path: Path) -> None:
    path = tmp_path / "map.jsonl"
    path.write_text(LINE % ("[PERSON_1]", "Anna") + "\ngarbage")
    for extra in (["--unmask"], []):
        result = escore_here("mask", *extra, "--map", "map.jsonl", input=b"Anna")
        assert b"map.jsonl: line 2: no entry of a map" in result.stderr
        assert path.read_text().endswith("\ngarbage")
    path.write_text(LINE % ("[PERSON_1]", "Anna"))
    assert escore_here("mask", "--unmask", "--map", "map.jsonl", input=b"[PERSON_1]").stdout == b"Anna"
    result = escore_here("mask", "--map", "map.jsonl", input=b"Ben met Anna")
    assert (result.stdout, result.stderr) == (b"[PERSON_2] met [PERSON_1]", b"")
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 2


@pytest.mark.parametrize("is_new", [True, False])
def test_one_process_at_a_time_uses_a_map(tmp_path: Path, is_new: bool) -> None:
    """From its start on, before there is a first name."""
    if not is_new:
        (tmp_path / "map.jsonl").write_text(LINE % ("[PERSON_1]", "Anna") + "\n")
    command = [sys.executable, "-m", "escore_cli", "mask", "--lines", "--map", "map.jsonl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"so it is\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"so it is\n"
        other = subprocess.run(command, input=b"Ben slept", cwd=tmp_path, capture_output=True, check=False)
        assert (other.returncode, other.stdout) == (1, b"")
        assert other.stderr == b"escore: map.jsonl: another process is using the map; wait, or give another map\n"
        process.stdin.write(b"Eve slept\n")
        process.stdin.close()
        assert process.stdout.read() == (b"[PERSON_1] slept\n" if is_new else b"[PERSON_2] slept\n")
    again = subprocess.run(command, input=b"Eve slept", cwd=tmp_path, capture_output=True, check=True)
    assert again.stdout == (b"[PERSON_1] slept" if is_new else b"[PERSON_2] slept")


def test_what_the_encoding_lacks_is_one_line(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "map.jsonl").write_text(
        LINE % ("[PERSON_1]", "\u0141ucja") + "\n" + LINE % ("[PERSON_2]", "\\udce9") + "\n"
    )
    for data, part in [
        (b"[PERSON_1]", "'\u0141' cannot be written in "),
        (b"[PERSON_2]", "give --errors replace, as when"),
    ]:
        result = escore_here("mask", "--unmask", "--map", "map.jsonl", "--encoding", "latin-1", "-o", "x", input=data)
        assert result.returncode == 1
        assert result.stderr.decode().startswith("escore: ")
        assert part in result.stderr.decode()
        assert result.stderr.count(b"\n") == 1
        assert not (tmp_path / "x").exists()


def test_names_of_the_map_keep_their_placeholders_which_is_said(escore_here: Run, tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).write_text(name * 16)
    escore_here("mask", "--map", "labels", input=b"Anna slept")
    result = escore_here("mask", "--map", "labels", "--with", "hash", "--key", "one", input=b"Anna slept")
    assert result.stdout == b"[PERSON_1] slept"
    assert result.stderr == b"escore: labels: masked with label before, and so again: 1 of its names\n"
    hashed = ["mask", "--map", "hashes", "--with", "hash", "--key"]
    first = escore_here(*hashed, "one", input=b"Anna met ANNA")
    assert escore_here(*hashed, "one", input=b"Anna met ANNA").stdout == first.stdout
    result = escore_here(*hashed, "other", input=b"Anna slept")
    assert (result.returncode, result.stdout) == (2, b"")
    assert b"the key is not the one that made [PERSON_" in result.stderr
