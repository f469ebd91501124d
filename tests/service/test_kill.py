"""`kill -9` while clients correct: what was answered is there. `make kill` tries it 50 times."""

import http.client
import json
import os
import random
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from tests.service.servers import Service, serve

from escore_labels.record import LABELS
from escore_service.feedback import texts

ROUNDS = int(os.environ.get("ESCORE_KILL_ROUNDS", "3"))
CLIENTS = 4
Span = tuple[str, int, int]


class Client(threading.Thread):
    """Corrects over and over until the service is gone: a new text each time, and one text again and again."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(name=name)
        self.port = port
        self.stored: dict[Span, str] = {}  # labels that were answered
        self.sent: tuple[Span, str] | None = None  # the one that was not

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            for number in range(1_000_000):
                for text in (f"{self.name} {number}", f"{self.name} again"):
                    self.correct(connection, (text, 0, len(self.name)), LABELS[number % 4])
        except (OSError, http.client.HTTPException):
            pass  # killed
        finally:
            connection.close()

    def correct(self, connection: http.client.HTTPConnection, span: Span, label: str) -> None:
        self.sent = span, label
        body = dict(zip(("text", "start", "end"), span, strict=True)) | {"label": label, "score": 250}
        connection.request("POST", "/v1/feedback", json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = json.loads(response.read())
        assert (response.status, content["label"]) == (201, label)
        self.stored[span], self.sent = label, None


def correct_until_killed(service: Service, number: int, seconds: float) -> list[Client]:
    clients = [Client(service.port, f"round {number} client {client}") for client in range(CLIENTS)]
    for client in clients:
        client.start()
    deadline = time.monotonic() + 60
    while not all(client.stored for client in clients) and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(seconds)
    service.process.kill()
    for client in clients:
        client.join(60)
    return clients


def test_what_was_answered_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "corrections.db"
    chance = random.Random(5)
    expected: dict[Span, set[str]] = {}
    for number in range(ROUNDS):
        with serve("--feedback", path) as service:
            clients = correct_until_killed(service, number, chance.uniform(0, 0.4))
        for client in clients:
            assert client.stored
            expected |= {span: {label} for span, label in client.stored.items()}
            if client.sent is not None:  # it may be there, or what was there before it
                span, label = client.sent
                expected[span] = expected.get(span, {""}) | {label}
        if number % 2:
            continue  # then it is the next service that finds what the killed one left
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        labels = {
            (text, correction.start, correction.end): correction.label
            for _, text, corrections in texts(path)
            for correction in corrections
        }
        assert not {span for span, possible in expected.items() if labels.get(span, "") not in possible}
        assert labels.keys() <= expected.keys()
        assert len(labels) > (number + 1) * CLIENTS
