"""Corrections over HTTP: what is answered, what is refused and which field is named, and a disk that is full."""

import hashlib
import json
import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.conftest import Run
from tests.service.servers import Service, serve

from escore_service.feedback import texts

TEXT = "Joe Biden told 🙂 Boris."
CORRECTION = {"text": TEXT, "start": 17, "end": 22, "label": "entity", "score": 281.5}
URL = "/v1/feedback"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def stored(file: Path, text: str) -> list[str]:
    """The words of a text that are corrected in a file."""
    return [correction.word for _, other, corrections in texts(file) for correction in corrections if other == text]


def test_a_correction_is_answered_found_and_undone(feedback_service: Service, feedback_file: Path) -> None:
    request, text = feedback_service.request, "Anna told 🙂 Boris 🎉."
    url = f"{URL}?text_sha256={digest(text)}"
    body = {"text": text, "start": 12, "end": 17, "label": "entity", "score": 281.5}
    status, correction, _ = request("POST", URL, body)
    assert status == 201
    fields = ["start", "end", "label", "score"]
    assert set(correction) == {"id", "text_sha256", *fields, "model", "time"}
    assert (correction["text_sha256"], correction["model"]) == (digest(text), "escore-en 7")
    assert [correction[field] for field in fields] == [body[field] for field in fields]
    assert stored(feedback_file, text) == ["Boris"]
    assert request("GET", url)[:2] == (200, {"corrections": [correction]})
    assert request("DELETE", f"{URL}/{correction['id']}")[:2] == (204, None)
    assert request("GET", url)[:2] == (200, {"corrections": []})
    status, again, _ = request("POST", URL, body)  # an undo of the undo
    assert (status, again["id"] > correction["id"]) == (201, True)


def test_the_same_correction_many_times_at_once_is_one(feedback_service: Service) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: feedback_service.request("POST", URL, CORRECTION | {"start": 0}), range(32)))
    assert {status for status, _, _ in answers} == {201}
    assert len({correction["id"] for _, correction, _ in answers}) == 1
    corrections = feedback_service.request("GET", f"{URL}?text_sha256={digest(TEXT)}")[1]["corrections"]
    assert [correction["end"] for correction in corrections if correction["start"] == 0] == [22]


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
def test_a_wrong_field_is_named(feedback_service: Service, feedback_file: Path, field: str, value: object) -> None:
    before = list(texts(feedback_file))
    status, answer, _ = feedback_service.request("POST", URL, CORRECTION | {field: value})
    assert (status, answer["field"]) == (422, field)
    assert field in answer["error"]
    assert list(texts(feedback_file)) == before


@pytest.mark.parametrize("field", CORRECTION)
def test_a_missing_field_is_named(feedback_service: Service, field: str) -> None:
    body = {name: value for name, value in CORRECTION.items() if name != field}
    status, answer, _ = feedback_service.request("POST", URL, body)
    assert (status, answer) == (422, {"error": f"{field} is missing", "field": field})


def test_a_body_that_is_no_json_object_is_refused(feedback_service: Service) -> None:
    assert feedback_service.request("POST", URL, '{"text": "Joe"')[0] == 400
    assert feedback_service.request("POST", URL, json.dumps(CORRECTION).replace("281.5", "NaN"))[0] == 400
    assert feedback_service.request("POST", URL, "[]")[0] == 422
    assert feedback_service.request("POST", URL, "Joe Biden", "text/plain")[0] == 415


@pytest.mark.parametrize("query", ["", "?text_sha256=", f"?text_sha256={'A' * 64}", f"?text_sha256={'a' * 63}"])
def test_a_hash_that_is_none_is_refused(feedback_service: Service, query: str) -> None:
    status, answer, _ = feedback_service.request("GET", URL + query)
    assert (status, answer["field"]) == (422, "text_sha256")


@pytest.mark.parametrize("id", ["999999", "0", str(2**63), str(10**30), "-1", "one"])
def test_an_unknown_id_is_not_found(feedback_service: Service, id: str) -> None:
    status, answer, _ = feedback_service.request("DELETE", f"{URL}/{id}")
    assert status == 404
    assert list(answer) == ["error"]


def test_long_and_odd_texts_are_stored(feedback_service: Service, feedback_file: Path) -> None:
    long = "Zoë 🙂 " * 150_000
    for text, start, end in ((long, len(long) - 2, len(long) - 1), ("Joe \ud800 Biden", 4, 5), ("a\0b", 1, 2)):
        body = CORRECTION | {"text": text, "start": start, "end": end}
        status, correction, _ = feedback_service.request("POST", URL, body)
        valid = text.replace("\ud800", "\ufffd")
        assert (status, correction["text_sha256"]) == (201, digest(valid))
        assert stored(feedback_file, valid) == [valid[start:end]]


def test_without_a_file_the_routes_say_so(service: Service) -> None:
    for method, path in (("POST", URL), ("GET", f"{URL}?text_sha256={digest('')}"), ("DELETE", f"{URL}/1")):
        status, answer, _ = service.request(method, path, CORRECTION if method == "POST" else None)
        assert status == 404
        assert "--feedback FILE" in answer["error"]


def test_a_full_disk_is_told_and_nothing_else_is_lost(tmp_path: Path) -> None:
    """The system lets the process write no longer file, as a full disk would not."""
    path = tmp_path / "corrections.db"
    with serve("--feedback", path) as service:
        assert service.request("POST", URL, CORRECTION)[0] == 201
        _, most = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        status, answer, headers = service.request("POST", URL, CORRECTION | {"start": 0})
        assert (status, headers["Retry-After"]) == (503, "5")
        assert answer["error"].startswith("the file of corrections: ")
        assert str(tmp_path) not in answer["error"]
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (most, most))
        assert service.request("POST", URL, CORRECTION | {"start": 4})[0] == 201
        service.process.kill()
        assert service.process.stderr is not None
        log = service.process.stderr.read()
    assert str(path) in log
    assert "Boris" not in log
    assert [correction.start for _, _, corrections in texts(path) for correction in corrections] == [4, 17]


def test_a_service_that_ends_leaves_one_whole_file(tmp_path: Path) -> None:
    with serve("--feedback", tmp_path / "corrections.db") as service:
        assert service.request("POST", URL, CORRECTION)[0] == 201
        service.process.terminate()
        assert service.process.wait(30) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["corrections.db"]
    assert len(list(texts(tmp_path / "corrections.db"))) == 1


def test_a_file_of_something_else_ends_the_start(escore: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Joe Biden\n")
    done = escore("serve", "--port", "0", "--feedback", "notes.txt")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"escore: notes.txt: not a file of corrections; give another name\n"
