"""Scores over HTTP through real sockets: what is answered, and every way in which a request is refused."""

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPMessage
from typing import Any

import pytest
from tests.conftest import EXAMPLES
from tests.service.servers import TOKEN, Service, serve

from escore import Document, Scorer

TEXT = "Joe Biden 😀 told Boris Johnson not to renege on treaties.\r\nZoë agreed."
URL = "/v1/score"


def rows(document: Document, minimum: float) -> list[dict[str, Any]]:
    """The words as an answer gives them, made without the service's code."""
    return [
        {"text": word.text, "start": word.start, "end": word.end, "score": round(word.score, 2), "mark": word.mark}
        | probability(word.probability)
        for word in document.words_above(minimum)
    ]


def entities(document: Document, minimum: float) -> list[dict[str, Any]]:
    return [
        {"text": entity.text, "start": entity.start, "end": entity.end, "score": round(entity.score, 2)}
        | probability(entity.probability)
        | ({} if entity.kind is None else {"kind": entity.kind})
        for entity in document.entities(minimum)
    ]


def probability(value: float | None) -> dict[str, float]:
    return {} if value is None else {"probability": round(value, 4)}


def test_a_text_is_scored_as_it_is_without_the_service(service: Service, scorer: Scorer) -> None:
    status, answer, headers = service.request("POST", URL, {"text": TEXT})
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert answer == {"model": "escore-en 7", "documents": [{"words": rows(scorer(TEXT), 0)}]}
    for word in answer["documents"][0]["words"]:
        assert TEXT[word["start"] : word["end"]] == word["text"]


def test_texts_come_back_in_order_and_with_entities(service: Service, scorer: Scorer) -> None:
    texts = [TEXT, "", *(path.read_text("utf-8") for path in EXAMPLES), " \n"]
    status, answer, _ = service.request("POST", URL, {"texts": texts, "min": 100.5, "entities": True})
    assert status == 200
    documents = [scorer(text) for text in texts]
    assert answer["documents"] == [
        {"words": rows(document, 100.5), "entities": entities(document, 220)} for document in documents
    ]
    assert answer["documents"][0]["entities"][0]["text"].startswith("Joe Biden")
    answer = service.request("POST", URL, {"texts": texts, "entities": 150})[1]
    assert [document["entities"] for document in answer["documents"]] == [
        entities(document, 150) for document in documents
    ]
    assert service.request("POST", URL, {"texts": []})[1]["documents"] == []


def test_columns_say_what_rows_say(service: Service, scorer: Scorer) -> None:
    answer = service.request("POST", URL, {"text": TEXT, "columns": True, "min": 90})[1]
    document = scorer(TEXT)
    words = rows(document, 90)
    columns = {name: [word[name] for word in words] for name in words[0] if name not in ("text", "mark")}
    assert document.joins is not None
    columns["join"] = [round(float(join), 4) for join in document.joins[document.above(90)]]  # not in rows
    assert answer["documents"] == [{"words": columns}]


def test_plain_text_takes_its_options_from_the_url(service: Service, scorer: Scorer) -> None:
    status, answer, _ = service.request("POST", f"{URL}?min=80&entities=true", TEXT, "text/plain")
    assert status == 200
    assert answer["documents"] == [{"words": rows(scorer(TEXT), 80), "entities": entities(scorer(TEXT), 220)}]
    status, answer, _ = service.request("POST", f"{URL}?columns=true", "", "text/plain; charset=UTF-8")
    assert answer["documents"] == [{"words": {"start": [], "end": [], "score": []} | columns_of(answer)}]


def columns_of(answer: dict[str, Any]) -> dict[str, list[float]]:
    """The columns that only some models have."""
    return {name: [] for name in answer["documents"][0]["words"] if name in ("probability", "join")}


def test_options_in_the_body_go_before_those_in_the_url(service: Service, scorer: Scorer) -> None:
    answer = service.request("POST", f"{URL}?min=300&entities=220", {"text": TEXT, "min": 80})[1]
    assert answer["documents"] == [{"words": rows(scorer(TEXT), 80), "entities": entities(scorer(TEXT), 220)}]


def test_any_text_comes_back(service: Service, scorer: Scorer, long_text: str) -> None:
    """Half a surrogate pair, controls, JSON's own signs, markup, and a text of many windows."""
    odd = 'a\ud83d "b" \\ \x00\x1b <script>alert(1)</script> \u202e&amp; \u2028'
    answer = service.request("POST", URL, json.dumps({"text": odd}))[1]
    assert answer["documents"] == [{"words": rows(scorer(odd), 0)}]
    answer = service.request("POST", URL, {"texts": [long_text, TEXT]})[1]
    assert answer["documents"] == [{"words": rows(scorer(long_text), 0)}, {"words": rows(scorer(TEXT), 0)}]


@pytest.mark.parametrize(
    ("body", "status", "field", "problem"),
    [
        (b"{", 400, None, "not JSON: expecting property name"),
        (b'{"text": "\xff"}', 400, None, "not UTF-8 at byte 10"),
        (b'{"text": "a", "min": NaN}', 400, None, "not JSON: NaN, Infinity, or too many digits"),
        (b'{"text": "a", "min": %s}' % (b"9" * 5000), 400, None, "not JSON: NaN, Infinity, or too many digits"),
        (b"[" * 100_000, 400, None, "not JSON: NaN, Infinity, or too many digits"),
        (["a"], 422, None, "must be a JSON object"),
        ({}, 422, "text", "give either text"),
        ({"text": "a", "texts": ["b"]}, 422, "text", "give either text"),
        ({"text": 5}, 422, "text", "must be a string"),
        ({"texts": "a"}, 422, "texts", "must be a list of strings"),
        ({"texts": ["a", "b", None]}, 422, "texts[2]", "must be a list of strings"),
        ({"texts": ["a"] * 1025}, 422, "texts", "holds 1025; at most 1024"),
        ({"text": "a", "min": 300.5}, 422, "min", "from 0 to 300"),
        ({"text": "a", "min": -1}, 422, "min", "from 0 to 300"),
        ({"text": "a", "min": True}, 422, "min", "from 0 to 300"),
        ({"text": "a", "min": None}, 422, "min", "from 0 to 300"),
        ({"text": "a", "entities": "220"}, 422, "entities", "from 0 to 300"),
        ({"text": "a", "columns": 1}, 422, "columns", "true or false"),
        ({"text": "a", "minimum": 3}, 422, "minimum", "unknown field 'minimum'"),
        (b'{"text": "a", "min": 1, "text": "b"}', 422, "text", "'text' is given 2 times"),
        (b'{"text": "a", "x": {"y": 1, "y": 1}}', 422, "y", "'y' is given 2 times"),
    ],
)
def test_a_wrong_body_is_refused_with_its_field(
    service: Service, body: object, status: int, field: str | None, problem: str
) -> None:
    answer_status, answer, _ = service.request("POST", URL, body)
    assert (answer_status, answer.get("field")) == (status, field)
    assert problem in answer["error"]
    assert "\n" not in answer["error"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("min=x", "min"),
        ("min=NaN", "min"),
        ("min=301", "min"),
        ("entities=yes", "entities"),
        ("columns=1", "columns"),
        ("min=1&min=2", "min"),
        ("text=a", "text"),
    ],
)
def test_a_wrong_url_is_refused_with_its_argument(service: Service, query: str, field: str) -> None:
    for body, content_type in ((b"a", "text/plain"), ({"text": "a", "min": 3}, "application/json")):
        status, answer, _ = service.request("POST", f"{URL}?{query}", body, content_type)
        assert (status, answer["field"]) == (422, field)


UTF8_TYPES = ("{}", "{}; charset=utf-8", '{};Charset="UTF-8"', "{} ; charset=utf8", "{};", '{}; a=b;; c="d;\\"e"')
OTHER_TYPES = (
    "{}; charset=latin-1",
    "{}; charset=",
    "{}; charset=utf-8; charset=latin-1",
    "{}; charset",
    "{} a",
    "{}x",
    "x{}",
    "{}, {}",
    "text/html",
    "text/*",
    "",
)
ROUTES = (
    (URL, "application/json", b'{"text": "a"}', 200),
    (URL, "text/plain", b"a", 200),
    ("/v1/feedback", "application/json", b'{"text": "a", "start": 0, "end": 1, "label": "none", "score": 1}', 201),
    ("/v1/model", "application/json", b'{"use": "previous"}', 409),  # there is none
)


@pytest.mark.parametrize(("path", "media_type", "body", "status"), ROUTES)
def test_every_route_judges_what_a_body_is_alike(
    token_service: Service, path: str, media_type: str, body: bytes, status: int
) -> None:
    """RFC 9110, sections 8.3 and 8.4."""

    def post(content_type: str, coding: str | None = None, content: bytes = body) -> tuple[int, HTTPMessage]:
        headers = {"Authorization": f"Bearer {TOKEN}"} | ({} if coding is None else {"Content-Encoding": coding})
        status, answer, headers_of_answer = token_service.request("POST", path, content, content_type, headers)
        assert status < 400 or "error" in answer
        return status, headers_of_answer

    for written in (media_type, media_type.upper()):
        assert [post(pattern.format(written))[0] for pattern in UTF8_TYPES] == [status] * len(UTF8_TYPES)
    for pattern in OTHER_TYPES:
        assert post(pattern.format(media_type, media_type))[0] == 415
    assert media_type in post("text/html")[1]["Accept"]
    for coding in ("identity", "Identity", ""):
        assert post(media_type, coding)[0] == status
    for coding in ("gzip", "br", "identity, gzip"):
        refused, headers = post(media_type, coding)
        assert (refused, headers["Accept-Encoding"]) == (415, "identity")
    assert post(media_type, content=b"\xff")[0] == 400
    if media_type == "application/json":
        assert post(media_type, content=b'{"text": "a", "text": "a"}')[0] == 422


def test_other_types_methods_and_places_are_refused(service: Service) -> None:
    status, answer, headers = service.request("GET", URL)
    assert (status, headers["Allow"], list(answer)) == (405, "POST", ["error"])
    assert service.request("OPTIONS", URL)[0] == 405
    assert service.request("GET", "/v1/nothing")[0] == 404
    assert service.request("GET", "/static/../app.py")[0] == 404
    assert service.request("POST", "/v1/feedback", {})[:2] == (
        404,
        {"error": "this service stores no corrections; start it with --feedback FILE"},
    )


def test_a_body_that_is_too_large_is_refused_and_the_connection_lives(service: Service) -> None:
    limit = service.request("GET", "/v1/model")[1]["limits"]["body"]
    status, answer, _ = service.request("POST", URL, b"a" * (limit + 1), "text/plain")
    assert (status, list(answer)) == (413, ["error"])
    assert service.request("POST", URL, b" " * limit, "text/plain")[0] == 200


def test_what_is_no_http_is_refused_in_json(service: Service) -> None:
    status, answer, headers = service.request("POST", URL, b"a", headers={"Transfer-Encoding": "gzip"})
    assert (status, list(answer), headers["Connection"]) == (501, ["error"], "close")
    status, answer, headers = service.request("GET", "/", headers={"X": "x" * 300_000})
    assert (status, list(answer)) == (431, ["error"])
    assert headers["X-Content-Type-Options"] == "nosniff"
    status, answer, _ = service.request("POST", URL, None, headers={"Content-Length": str(10**12)})
    assert (status, list(answer)) == (413, ["error"])


def test_a_chunked_body_is_a_body(service: Service, scorer: Scorer) -> None:
    chunks = (piece.encode() for piece in ('{"text"', ': "Joe', ' Biden"}'))
    answer = send_chunked(service, chunks)
    assert answer["documents"] == [{"words": rows(scorer("Joe Biden"), 0)}]


def send_chunked(service: Service, chunks: Iterator[bytes]) -> dict[str, Any]:
    with closing(HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
        connection.request("POST", URL, chunks, {"Content-Type": "application/json"}, encode_chunked=True)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer


def test_the_service_says_what_it_is(service: Service, scorer: Scorer) -> None:
    manifest = scorer.bundle.manifest
    status, model, _ = service.request("GET", "/v1/model")
    assert status == 200
    assert (model["name"], model["version"], model["precision"]) == ("escore-en", "7", "int8")
    assert [(mark["symbol"], mark["minimum"]) for mark in model["marks"]] == [("-", 60), ("+", 160), ("★", 260)]
    assert model["calibrated"] == (manifest.calibration is not None)
    calibration = manifest.entity_calibration
    assert calibration is not None
    assert model["entity_calibration"] == {
        "scores": list(calibration.scores),
        "probabilities": list(calibration.probabilities),
    }
    assert model["quality"] == manifest.quality
    assert model["feedback"] is False
    assert service.request("GET", "/healthz")[:2] == (200, {"status": "ok"})
    assert service.request("GET", "/readyz")[:2] == (200, {"status": "ready"})


def test_metrics_count_requests_words_and_errors() -> None:
    with serve() as service:
        service.request("POST", URL, {"texts": ["Joe Biden", "Anna"]})
        service.request("POST", URL, b"{")
        service.request("BREW", "/coffee")
        page = service.request("GET", "/metrics")[1]
        assert 'escore_requests_total{method="POST",route="/v1/score",status="200"} 1.0' in page
        assert 'escore_requests_total{method="POST",route="/v1/score",status="400"} 1.0' in page
        assert 'escore_requests_total{method="other",route="none",status="404"} 1.0' in page
        assert 'escore_request_seconds_count{route="/v1/score"} 2.0' in page
        assert service.metric("escore_words_total") == 3
        assert service.metric("escore_texts_total") == 2
        assert service.metric('escore_errors_total{reason="refused"}') == 2
        assert service.metric("escore_queue_length") == service.metric("escore_in_flight") == 0


def test_a_text_of_another_alphabet_has_a_notice(service: Service) -> None:
    russian = "Анна Каренина живёт в Москве и читает книги."
    texts = [russian, "Anna reads books in Moscow, Idaho."]
    documents = service.request("POST", URL, {"texts": texts})[1]["documents"]
    assert documents[0]["notice"].startswith("most letters are not Latin; the model reads English")
    assert "notice" not in documents[1]
