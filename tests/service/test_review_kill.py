"""`kill -9` during a review: what was answered is there. `make kill` tries it 50 times."""

import http.client
import json
import os
import random
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.service.servers import Service, serve

from escore_labels.record import Record, write_records
from escore_service.feedback import records

ROUNDS = int(os.environ.get("ESCORE_KILL_ROUNDS", "3"))
TEXTS = 40
PEOPLE = ("ann", "bob")
State = dict[tuple[str, int, str], object]  # by person, text and what: the label of the word, or that it is reviewed


class Reviewer(threading.Thread):
    """Decides, accepts and undoes until the service is gone."""

    def __init__(self, port: int, by: str, state: State, seed: int) -> None:
        super().__init__(name=by)
        self.port, self.by, self.state = port, by, state
        self.chance = random.Random(seed)
        self.undo: list[tuple[tuple[str, int, str], object]] = []  # what was there before each action of this round
        self.sent: State = {}  # what the action that was not answered may have changed, as it would be then
        self.answers = 0

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            while True:
                self.act(connection)
        except (OSError, http.client.HTTPException):
            pass  # killed
        finally:
            connection.close()

    def act(self, connection: http.client.HTTPConnection) -> None:
        number = self.chance.randrange(TEXTS)
        choice = self.chance.random()
        if choice < 0.2 and self.undo:
            key, before = self.undo[-1]
            self.sent = {key: before}
            self.send(connection, "POST", "undo", {})
            self.undo.pop()
            self.state[key] = before
        else:
            what = "label" if choice < 0.7 else "reviewed"
            key = self.by, number, what
            after: object = self.chance.choice(["none", "entity"]) if what == "label" else self.chance.random() < 0.7
            self.sent = {key: after}
            if what == "label":
                body = {"start": 0, "end": 4, "label": after}
                self.send(connection, "POST", f"texts/{number}/decisions", body)
            else:
                self.send(connection, "PUT", f"texts/{number}/reviewed", {"reviewed": after})
            if (self.state.get(key) or None) != (after or None):  # to say the same again is no action
                self.undo.append((key, self.state.get(key)))
            self.state[key] = after
        self.sent = {}
        self.answers += 1

    def send(self, connection: http.client.HTTPConnection, method: str, path: str, body: dict[str, Any]) -> None:
        content = json.dumps({"by": self.by} | body)
        connection.request(method, f"/v1/review/{path}", content, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
        assert response.status == 200, answer


def stored(path: Path) -> State:
    """What the file says, in the same form."""
    state: State = {}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for by, text, label in connection.execute(
            "SELECT by, text, label FROM corrections JOIN texts ON text_sha256 = sha256"
        ):
            state[by, int(text.split()[1]), "label"] = label
        for by, text in connection.execute("SELECT by, text FROM reviews JOIN texts ON text_sha256 = sha256"):
            state[by, int(text.split()[1]), "reviewed"] = True
    return state


def review_until_killed(service: Service, state: State, number: int, seconds: float) -> list[Reviewer]:
    reviewers = [Reviewer(service.port, by, state, seed=number * 10 + i) for i, by in enumerate(PEOPLE)]
    for reviewer in reviewers:
        reviewer.start()
    deadline = time.monotonic() + 60
    while not all(reviewer.answers for reviewer in reviewers) and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(seconds)
    service.process.kill()
    for reviewer in reviewers:
        reviewer.join(60)
    return reviewers


def test_a_review_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    labels, path = tmp_path / "labels.jsonl", tmp_path / "labels.db"
    write_records(labels, [Record(text=f"Anna {number}", id=str(number)) for number in range(TEXTS)])
    chance = random.Random(5)
    state: State = {}
    for number in range(ROUNDS):
        with serve("--review", labels) as service:
            reviewers = review_until_killed(service, state, number, chance.uniform(0, 0.4))
        assert all(reviewer.answers for reviewer in reviewers)
        now = stored(path)
        may_be = {key: value for reviewer in reviewers for key, value in reviewer.sent.items()}
        for key in {*state, *now, *may_be}:
            possible = {state.get(key) or None, may_be.get(key, state.get(key)) or None}
            assert now.get(key) in possible, key
        state = now
    assert len(state) > TEXTS / 4
    assert {record.id for record in records(path)} == {str(number) for _, number, _ in state}
