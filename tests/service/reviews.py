"""Records to review, and an application that reviews them, without a network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from escore import Scorer
from escore_labels.record import Record, Span
from escore_service import create_app
from escore_service.app import STORE
from escore_service.review.routes import ReviewOptions

MODEL = "escore-en 7"
ANNA = "Anna Berg lives in Paris."
PARIS = "Paris Hilton left Paris for Oslo."


def said(text: str, part: str, label: str = "entity", by: str | None = "model", **more: Any) -> Span:
    """What somebody says of the first place of a part of a text."""
    start = text.index(part)
    model = {"model": MODEL, "score": 290.0} if by == "model" else {}
    return Span(start=start, end=start + len(part), label=label, by=by, **model, **more)  # type: ignore[arg-type]


RECORDS = (
    Record(text=ANNA, id="a", spans=(said(ANNA, "Anna Berg"), said(ANNA, "lives in", "none"), said(ANNA, "Paris"))),
    Record(text=PARIS, id="b", spans=(said(PARIS, "Paris Hilton"), said(PARIS, "Oslo"))),
    Record(text="We met in Paris. Paris is large.", id="c"),
    Record(text="Nothing here.", id="d", held_out=True),
)


class Reviewing:
    """An application with a review, and its client."""

    def __init__(self, path: Path, scorer: Scorer, records: Sequence[Record] = RECORDS, **options: Any) -> None:
        self.texts = [record.text.replace("\ud800", "\ufffd") for record in records]
        self.app: Flask = create_app(scorer, feedback=path, review=ReviewOptions(records, **options))
        self.client: FlaskClient = self.app.test_client()

    def get(self, path: str = "", status: int = 200, **arguments: str) -> Any:
        return self._json(self.client.get(f"/v1/review{path}", query_string=arguments), status)

    def post(self, path: str, status: int = 200, **body: Any) -> Any:
        return self._json(self.client.post(f"/v1/review{path}", json={"by": "ann"} | body), status)

    def put(self, path: str, status: int = 200, **body: Any) -> Any:
        return self._json(self.client.put(f"/v1/review{path}", json={"by": "ann"} | body), status)

    def decide(self, number: int, start: int, end: int, status: int = 200, **body: Any) -> Any:
        answer = self.post(f"/texts/{number}/decisions", status, start=start, end=end, **body)
        return answer if status != 200 else answer | {"text": self.texts[number]}

    def accept(self, number: int, **body: Any) -> Any:
        return self.put(f"/texts/{number}/reviewed", **body) | {"text": self.texts[number]}

    def close(self) -> None:
        self.app.extensions[STORE].close()

    @staticmethod
    def _json(response: Any, status: int) -> Any:
        assert response.status_code == status, response.get_data(as_text=True)
        return response.get_json()


def entities(answer: Any) -> list[str]:
    """The texts of the entities that count."""
    return [answer["text"][span["start"] : span["end"]] for span in answer["spans"] if span.get("label") == "entity"]
