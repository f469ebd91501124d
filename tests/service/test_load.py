"""32 clients at once: every answer is the right one, and none is missing. `make load` goes on for a minute."""

import http.client
import json
import os
import random
import threading
import time
from contextlib import closing
from typing import Any

from tests.conftest import EXAMPLES
from tests.service.served import served
from tests.service.test_api import entities, rows

from escore import Scorer

SECONDS = float(os.environ.get("ESCORE_LOAD_SECONDS", "5"))
CLIENTS = 32
Case = tuple[dict[str, Any], list[dict[str, Any]]]  # what is asked, and the documents that are to be answered


def cases(scorer: Scorer) -> list[Case]:
    """Short texts and long ones, several in one request, entities; each with a name that no other has."""
    chance = random.Random(32)
    words = " ".join(path.read_text("utf-8") for path in EXAMPLES).split()

    def text(length: int) -> str:
        start = chance.randrange(len(words))
        return " ".join([f"Anna{chance.randrange(10**6)}", *(words[start:] + words * 20)[:length]])

    made: list[Case] = []
    for length in [16] * 300 + [500] * 10 + [3000]:
        asked = text(length)
        made.append(({"text": asked}, [{"words": rows(scorer(asked), 0)}]))
    for count in range(1, 11):
        texts = [text(chance.randrange(60)) for _ in range(count)]
        answers = [{"words": rows(scorer(each), 80), "entities": entities(scorer(each), 220)} for each in texts]
        made.append(({"texts": texts, "min": 80, "entities": True}, answers))
    return made


def test_nothing_is_lost_nor_mixed_up(scorer: Scorer) -> None:
    made = cases(scorer)
    answered, wrong = [0] * CLIENTS, list[str]()
    with served() as service:
        end = time.monotonic() + SECONDS

        def ask(client: int) -> None:
            chance = random.Random(client)
            with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
                while time.monotonic() < end:
                    asked, documents = chance.choice(made)
                    connection.request("POST", "/v1/score", json.dumps(asked), {"Content-Type": "application/json"})
                    answer = connection.getresponse()
                    found = json.loads(answer.read())
                    if answer.status != 200 or found["documents"] != documents:
                        wrong.append(f"client {client}: {answer.status}, {str(found)[:200]} for {str(asked)[:200]}")
                    answered[client] += 1

        clients = [threading.Thread(target=ask, args=(client,)) for client in range(CLIENTS)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()
        assert wrong == []
        assert all(answered)
        counted = 'escore_requests_total{method="POST",route="/v1/score",status="200"}'
        assert service.figure(counted) == sum(answered)
        assert service.figure("escore_in_flight") == service.figure("escore_queue_length") == 0
    print(f"{sum(answered)} answers in {SECONDS:g} s")
