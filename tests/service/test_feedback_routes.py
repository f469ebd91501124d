"""Corrections over HTTP: what is answered, what is refused and which field is named, and a disk that is full."""

import hashlib
import json
import re
import resource
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.conftest import ROOT, Run
from tests.service.served import Served, served

from escore_service.feedback import texts

TEXT = "Joe Biden told 🙂 Boris."
CORRECTION = {"text": TEXT, "start": 17, "end": 22, "label": "entity", "score": 281.5}
URL = "/v1/feedback"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feedback") / "corrections.db"


@pytest.fixture(scope="module")
def service(file: Path) -> Iterator[Served]:
    with served("--feedback", file) as service:
        yield service


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_correction_is_answered_found_and_undone(service: Served, file: Path) -> None:
    status, kept, _ = service.ask("POST", URL, CORRECTION)
    assert status == 201
    assert set(kept) == {"id", "text_sha256", "start", "end", "label", "score", "model", "time"}
    assert kept["text_sha256"] == digest(TEXT)
    assert kept["model"] == "escore-en 5"
    assert {name: kept[name] for name in ("start", "end", "label", "score")}.items() <= CORRECTION.items()
    assert [(text, [each.word for each in found]) for _, text, found in texts(file)] == [(TEXT, ["Boris"])]
    assert service.ask("GET", f"{URL}?text_sha256={digest(TEXT)}")[:2] == (200, {"corrections": [kept]})
    assert service.ask("DELETE", f"{URL}/{kept['id']}")[:2] == (204, None)
    assert service.ask("GET", f"{URL}?text_sha256={digest(TEXT)}")[:2] == (200, {"corrections": []})
    status, again, _ = service.ask("POST", URL, CORRECTION)  # an undo of the undo
    assert (status, again["id"] > kept["id"]) == (201, True)


def test_the_same_correction_many_times_at_once_is_one(service: Served) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: service.ask("POST", URL, CORRECTION | {"start": 0}), range(32)))
    assert {status for status, _, _ in answers} == {201}
    assert len({kept["id"] for _, kept, _ in answers}) == 1
    found = service.ask("GET", f"{URL}?text_sha256={digest(TEXT)}")[1]["corrections"]
    assert [each["end"] for each in found if each["start"] == 0] == [22]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", None),
        ("text", ""),
        ("text", ["Joe"]),
        ("start", -1),
        ("start", 1.5),
        ("start", True),
        ("start", "0"),
        ("start", 23),
        ("start", 10**30),
        ("end", 17),
        ("end", 24),
        ("end", None),
        ("label", "person"),
        ("label", []),
        ("label", "\ud800"),
        ("score", -0.1),
        ("score", 300.1),
        ("score", True),
        ("score", "281"),
        ("score", 10**400),
        ("model", "mine"),
    ],
)
def test_a_wrong_field_is_named(service: Served, file: Path, field: str, value: object) -> None:
    before = list(texts(file))
    status, refused, _ = service.ask("POST", URL, CORRECTION | {field: value})
    assert (status, refused["field"]) == (422, field)
    assert field in refused["error"]
    assert list(texts(file)) == before


@pytest.mark.parametrize("field", CORRECTION)
def test_a_missing_field_is_named(service: Served, field: str) -> None:
    body = {name: value for name, value in CORRECTION.items() if name != field}
    status, refused, _ = service.ask("POST", URL, body)
    assert (status, refused) == (422, {"error": f"{field} is missing", "field": field})


def test_a_body_that_is_no_json_object_is_refused(service: Served) -> None:
    assert service.ask("POST", URL, '{"text": "Joe"')[0] == 400
    assert service.ask("POST", URL, json.dumps(CORRECTION).replace("281.5", "NaN"))[0] == 400
    assert service.ask("POST", URL, "[]")[0] == 422
    assert service.ask("POST", URL, "Joe Biden", "text/plain")[0] == 415


@pytest.mark.parametrize("query", ["", "?text_sha256=", f"?text_sha256={'A' * 64}", f"?text_sha256={'a' * 63}"])
def test_a_hash_that_is_none_is_refused(service: Served, query: str) -> None:
    status, refused, _ = service.ask("GET", URL + query)
    assert (status, refused["field"]) == (422, "text_sha256")


@pytest.mark.parametrize("id", ["999999", "0", str(2**63), str(10**30), "-1", "one"])
def test_an_unknown_id_is_not_found(service: Served, id: str) -> None:
    status, refused, _ = service.ask("DELETE", f"{URL}/{id}")
    assert status == 404
    assert list(refused) == ["error"]


def test_long_and_odd_texts_are_kept(service: Served, file: Path) -> None:
    long = "Zoë 🙂 " * 150_000
    for text, start, end in ((long, len(long) - 2, len(long) - 1), ("Joe \ud800 Biden", 4, 5), ("a\0b", 1, 2)):
        status, kept, _ = service.ask("POST", URL, CORRECTION | {"text": text, "start": start, "end": end})
        stored = text.replace("\ud800", "\ufffd")
        assert (status, kept["text_sha256"]) == (201, digest(stored))
        assert any(text == stored and found[0].word == stored[start:end] for _, text, found in texts(file))


def test_without_a_file_the_routes_say_so() -> None:
    with served() as service:
        for method, path in (("POST", URL), ("GET", f"{URL}?text_sha256={digest('')}"), ("DELETE", f"{URL}/1")):
            status, refused, _ = service.ask(method, path, CORRECTION if method == "POST" else None)
            assert status == 404
            assert "--feedback FILE" in refused["error"]


def test_a_full_disk_is_told_and_nothing_else_is_lost(tmp_path: Path) -> None:
    """The system lets the process write no longer file, as a full disk would not."""
    path = tmp_path / "corrections.db"
    with served("--feedback", path) as service:
        assert service.ask("POST", URL, CORRECTION)[0] == 201
        _, most = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        status, refused, headers = service.ask("POST", URL, CORRECTION | {"start": 0})
        assert (status, headers["Retry-After"]) == (503, "5")
        assert refused["error"].startswith("the file of corrections: ")
        assert str(tmp_path) not in refused["error"]
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (most, most))
        assert service.ask("POST", URL, CORRECTION | {"start": 4})[0] == 201
        service.process.kill()
        assert service.process.stderr is not None
        said = service.process.stderr.read()
    assert str(path) in said
    assert "Boris" not in said
    assert [each.start for _, _, found in texts(path) for each in found] == [4, 17]


def test_a_service_that_ends_leaves_one_whole_file(tmp_path: Path) -> None:
    with served("--feedback", tmp_path / "corrections.db") as service:
        assert service.ask("POST", URL, CORRECTION)[0] == 201
        service.process.terminate()
        assert service.process.wait(30) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["corrections.db"]
    assert len(list(texts(tmp_path / "corrections.db"))) == 1


def test_a_file_of_something_else_ends_the_start(escore: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Joe Biden\n")
    done = escore("serve", "--port", "0", "--feedback", "notes.txt")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"escore: notes.txt: not a file of corrections; give another name\n"


def test_the_documents_requests_do_what_it_says(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "feedback.md").read_text("utf-8")
    (commands,) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    with served("--feedback", tmp_path / "corrections.db") as service:
        commands = commands.replace("localhost:8300", f"127.0.0.1:{service.port}")
        done = subprocess.run(["bash", "-ec", commands], capture_output=True, text=True, check=True)
        assert list(texts(tmp_path / "corrections.db")) == []  # the last of them undid it
    decoder = json.JSONDecoder()
    kept, end = decoder.raw_decode(done.stdout)
    found, _ = decoder.raw_decode(done.stdout[end:].lstrip())
    assert found == {"corrections": [kept]}
    (shown,) = re.findall(r'    (\{"id": 1.*)', text)
    assert json.loads(shown) == kept | {"time": "…", "text_sha256": "216c…"}
    assert kept["text_sha256"].startswith("216c")
