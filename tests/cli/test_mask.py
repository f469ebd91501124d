"""`escore mask`: exact bytes around the masked names, the way back, bad input."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import EXAMPLES, Run

NEWS = "Joe Biden told Boris Johnson not to renege.\nThe mayor of Oslo agreed with Joe Biden.\n"


def there_and_back(escore: Run, data: bytes, *extra: str) -> bytes:
    """Masked bytes, after a check that they come back as they were."""
    masked = escore("mask", "--map", "map.jsonl", *extra, input=data)
    assert masked.returncode == 0
    assert masked.stderr == b"" or (b": kept, and scored as U+FFFD" in masked.stderr and "--errors" in extra)
    encoding = [
        extra[i] for k in ("--encoding", "--errors") if k in extra for i in (extra.index(k), extra.index(k) + 1)
    ]
    back = escore("mask", "--unmask", "--map", "map.jsonl", *encoding, input=masked.stdout)
    assert (back.returncode, back.stderr, back.stdout) == (0, b"", data)
    return masked.stdout


def test_names_get_placeholders_and_come_back(escore_here: Run, tmp_path: Path) -> None:
    masked = there_and_back(escore_here, NEWS.encode())
    assert masked.decode() == (
        "[PERSON_1] told [PERSON_2] not to renege.\nThe mayor of [PLACE_1] agreed with [PERSON_1].\n"
    )
    entries = [json.loads(line) for line in (tmp_path / "map.jsonl").read_text().splitlines()]
    assert entries[0] == {"placeholder": "[PERSON_1]", "text": "Joe Biden", "label": "PERSON"}
    assert (tmp_path / "map.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("extra", [[], ["--lines"]])
def test_all_else_is_byte_for_byte_the_input(escore_here: Run, tmp_path: Path, extra: list[str]) -> None:
    for number, data in enumerate(
        [
            b"",
            b"\n",
            b"\xef\xbb\xbfAnna Berg\r\nslept \x00 \r in Oslo\r\n\r\n\x0b\x0c\x1c",
            "\u2028Anna Berg\x85\u00ad\u200bmet\ufeffBen".encode(),
            b"no names here, only [ENTITY_1] and [brackets]\n",
            *(path.read_bytes() for path in EXAMPLES),
        ]
    ):
        (tmp_path / "map.jsonl").unlink(missing_ok=True)
        masked = there_and_back(escore_here, data, *extra)
        assert (masked == data) == (number in (0, 1, 4))
    data = b"Anna Berg \xff\xfe met Jos\xe9 in \xc3 Oslo\r\n"
    masked = there_and_back(escore_here, data, *extra, "--errors", "replace")
    assert b"\xff\xfe met " in masked
    assert b"Anna" not in masked
    for arguments in ([], ["--errors", "strict"]):
        result = escore_here("mask", *extra, *arguments, input=data)
        assert (result.returncode, result.stdout) == (1, b"")
        assert b"standard input: byte 10: not utf-8; " in result.stderr


@pytest.mark.parametrize(
    "encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "gb18030"]
)
@pytest.mark.parametrize("extra", [[], ["--lines"]])
def test_the_encoding_stays(escore_here: Run, encoding: str, extra: list[str]) -> None:
    data = "Anna Müller met José.\r\nBen left Oslo\n".encode(encoding)
    masked = there_and_back(escore_here, data, "--encoding", encoding, *extra)
    assert "[PERSON_1] met " in masked.decode(encoding)
    assert masked.decode(encoding).endswith("left [PLACE_1]\n")
    assert masked[:2] == data[:2] or encoding not in ("utf-16", "utf-32", "utf-8-sig")


def test_an_encoding_that_is_not_exact_is_refused(escore_here: Run) -> None:
    result = escore_here("mask", "--encoding", "utf-7", input=b"Anna +AGEAYg-")
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"its utf-7 cannot be written back byte for byte; convert it first: iconv" in result.stderr


def test_files_and_runs_share_their_placeholders(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Anna Berg met Ben Vik.\n")
    (tmp_path / "b.txt").write_text("Ben Vik left Oslo.\n")
    result = escore_here("mask", "a.txt", "b.txt", "--map", "map.jsonl")
    assert result.stdout == b"[PERSON_1] met [PERSON_2].\n[PERSON_2] left [PLACE_1].\n"
    later = escore_here("mask", "--map", "map.jsonl", input=b"Eva Lund met Ben Vik.\n")
    assert later.stdout == b"[PERSON_3] met [PERSON_2].\n"
    back = escore_here("mask", "--unmask", "--map", "map.jsonl", input=result.stdout + later.stdout)
    assert back.stdout == b"Anna Berg met Ben Vik.\nBen Vik left Oslo.\nEva Lund met Ben Vik.\n"


def test_other_ways_to_mask(escore_here: Run, tmp_path: Path) -> None:
    assert escore_here("mask", "--with", "█", input=b"Anna Berg slept.").stdout == "████ ████ slept.".encode()
    assert b"Anna" not in there_and_back(escore_here, NEWS.encode(), "--with", "pseudonym")
    (tmp_path / "key").write_bytes(bytes(range(32)))
    hashes = [escore_here("mask", "--with", "hash", "--key", "key", input=NEWS.encode()).stdout for _ in range(2)]
    assert hashes[0] == hashes[1]
    assert escore_here("mask", "--with", "hash", input=NEWS.encode()).stdout not in hashes
    kept = escore_here("mask", "--keep", "oslo,Boris Johnson", input=NEWS.encode()).stdout.decode()
    assert kept == NEWS.replace("Joe Biden", "[PERSON_1]")
    also = escore_here("mask", "--also", "email,url", "--also", "phone", input=b"ann@b.org https://b.org 020 7946 0958")
    assert also.stdout == b"[EMAIL_1] [URL_1] [PHONE_1]"
    assert escore_here("mask", "--min", "300", input=NEWS.encode()).stdout == NEWS.encode()
    assert escore_here("mask", input=gzip.compress(NEWS.encode())).stdout.startswith(b"[PERSON_1] told")


def test_a_line_is_masked_before_the_next_must_arrive(tmp_path: Path) -> None:
    """And its name is in the map by then, so that an interrupted run can be undone."""
    command = [sys.executable, "-m", "escore_cli", "mask", "--lines", "--map", "map.jsonl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number, name in enumerate(("Anna", "Ben"), 1):
            process.stdin.write(f"{name} slept.\r\n".encode())
            process.stdin.flush()
            assert process.stdout.readline() == f"[PERSON_{number}] slept.\r\n".encode()
            assert name in (tmp_path / "map.jsonl").read_text()
        process.kill()
    with (tmp_path / "map.jsonl").open("a") as file:
        file.write('{"placeholder": "[PERS')  # as a kill in the middle of a line leaves it
    back = subprocess.run(
        [*command[:3], "mask", "--unmask", "--map", "map.jsonl"],
        input=b"[PERSON_2] [PERSON_9]", cwd=tmp_path, capture_output=True, check=True,
    )  # fmt: skip
    assert back.stdout == b"Ben [PERSON_9]"
    warning = b"escore: map.jsonl: line 3 breaks off, as a killed run leaves it; left out\n"
    assert back.stderr == warning
    more = subprocess.run(command, input=b"Eva slept.", cwd=tmp_path, capture_output=True, check=True)
    assert (more.stdout, more.stderr) == (b"[PERSON_3] slept.", warning)
    assert len([json.loads(line) for line in (tmp_path / "map.jsonl").read_text().splitlines()]) == 3


def test_wrong_usage(escore_here: Run, tmp_path: Path) -> None:
    for name in ("in.txt", "key"):
        (tmp_path / name).write_text("Anna Berg and more")
    (tmp_path / "short").write_text("short")
    for arguments, code, part in [
        (["--unmask"], 2, "--unmask goes with --map FILE"),
        (["--map", "m", "--with", "█"], 2, "what '█' hides cannot be put back"),
        (["in.txt", "-o", "in.txt"], 2, "in.txt is an input too, and would be lost"),
        (["in.txt", "--map", "in.txt"], 2, "in.txt is an input too, and would be lost"),
        (["in.txt", "-o", "x", "--map", "x"], 2, "x is given to -o and --map"),
        (["in.txt", "--with", "hash", "--key", "key", "-o", "key"], 2, "key is an input too"),
        (["in.txt", "--unmask", "--map", "key", "-o", "key"], 2, "key is an input too"),
        (["in.txt", "--with", "labels"], 2, "'labels' is unknown; give label, hash, pseudonym, or one character"),
        (["in.txt", "--also", "mail"], 2, "'mail' is unknown; give some of email, url, phone"),
        (["in.txt", "--key", "key"], 2, "--key goes with --with hash, not with label; leave it out"),
        (["in.txt", "--with", "█", "--encoding", "latin-1"], 2, "--with: '█' cannot be written in latin-1; give"),
        (["in.txt", "--with", "hash", "--key", "short"], 2, "--key short: 5 bytes, and a key needs 16 or more; make"),
        (["in.txt", "--with", "hash", "--key", "none"], 1, "none: No such file"),
        (["in.txt", "--unmask", "--map", "none"], 1, "none: No such file"),
        (["in.txt", "--unmask", "--map", "key"], 1, "key: line 1: no entry of a map; give the file"),
        (["in.txt", "--map", "no/map"], 1, "no/map: No such file"),
        (["in.txt", "--map", "-"], 2, "--map needs a file"),
        (["in.txt", "--map", "."], 1, ".: not a file; give a file of its own"),
        (["none.txt", "--map", "m"], 1, "none.txt: No such file"),
        (["in.txt", "--min", "301"], 2, "'301' is not a score"),
    ]:
        result = escore_here("mask", *arguments)
        assert result.returncode == code, arguments
        assert part in result.stderr.decode(), arguments
        assert result.stderr.count(b"\n") == (code > 0)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in.txt", "key", "short"], arguments
        assert (tmp_path / "in.txt").read_text() == "Anna Berg and more"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16", "utf-32-be"])
@pytest.mark.parametrize("extra", [[], ["--lines"]])
def test_broken_wide_encodings_come_back(escore_here: Run, encoding: str, extra: list[str]) -> None:
    text = "Anna slept.\n".encode(encoding)
    lone = "\udc41 and Ben\n".encode(encoding.removesuffix("-le").removesuffix("-be") + encoding[6:], "surrogatepass")
    for data in (text + b"a", text + lone.removeprefix(text[:2] if encoding == "utf-16" else b"")):
        masked = there_and_back(escore_here, data, "--encoding", encoding, "--errors", "replace", *extra)
        assert "[PERSON_1] slept".encode(encoding).removeprefix(b"\xff\xfe") in masked


def test_the_places_that_are_no_text_are_counted(escore_here: Run) -> None:
    result = escore_here("mask", "--errors", "replace", input=b"Anna \xff met \xfe Ben")
    assert result.stderr == b"escore: 2 places that are not utf-8: kept, and scored as U+FFFD\n"
