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

from tests.service.served import Served, served

from escore_service.feedback import LABELS, texts

ROUNDS = int(os.environ.get("ESCORE_KILL_ROUNDS", "5"))
CLIENTS = 4
Span = tuple[str, int, int]


class Client(threading.Thread):
    """Corrects over and over until the service is gone: a new text each time, and one text again and again."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(name=name)
        self.port = port
        self.kept: dict[Span, str] = {}  # labels that were answered
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
        answer = connection.getresponse()
        content = json.loads(answer.read())
        assert (answer.status, content["label"]) == (201, label)
        self.kept[span], self.sent = label, None


def correct_until_killed(server: Served, turn: int, seconds: float) -> list[Client]:
    clients = [Client(server.port, f"round {turn} client {number}") for number in range(CLIENTS)]
    for client in clients:
        client.start()
    deadline = time.monotonic() + 60
    while not all(client.kept for client in clients) and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(seconds)
    server.process.kill()
    for client in clients:
        client.join(60)
    return clients


def test_what_was_answered_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "corrections.db"
    chance = random.Random(5)
    expected: dict[Span, set[str]] = {}
    for turn in range(ROUNDS):
        with served("--feedback", path) as server:
            clients = correct_until_killed(server, turn, chance.uniform(0, 0.4))
        for client in clients:
            assert client.kept
            expected |= {span: {label} for span, label in client.kept.items()}
            if client.sent is not None:  # it may be there, or what was there before it
                span, label = client.sent
                expected[span] = expected.get(span, {""}) | {label}
        if turn % 2:
            continue  # then it is the next service that finds what the killed one left
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = {(text, each.start, each.end): each.label for _, text, its in texts(path) for each in its}
        wrong = {span: labels for span, labels in expected.items() if found.get(span, "") not in labels}
        assert not wrong
        assert found.keys() <= expected.keys()
        assert len(found) > (turn + 1) * CLIENTS
