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
from tests.service.servers import serve
from tests.service.test_api import entities, rows

from escore import Scorer

SECONDS = float(os.environ.get("ESCORE_LOAD_SECONDS", "2"))
CLIENTS = 32
Case = tuple[dict[str, Any], list[dict[str, Any]]]  # a query, and the documents that answer it


def cases(scorer: Scorer) -> list[Case]:
    """Short and long texts, several in one query, with entities; in each a name that no other has."""
    chance = random.Random(32)
    words = " ".join(path.read_text("utf-8") for path in EXAMPLES).split()

    def text(length: int) -> str:
        start = chance.randrange(len(words))
        return " ".join([f"Anna{chance.randrange(10**6)}", *(words[start:] + words * 20)[:length]])

    singles = [text(length) for length in [16] * 300 + [500] * 10 + [3000]]
    cases: list[Case] = [({"text": single}, [{"words": rows(scorer(single), 0)}]) for single in singles]
    for count in range(1, 11):
        texts = [text(chance.randrange(60)) for _ in range(count)]
        documents = [scorer(text) for text in texts]
        answers = [{"words": rows(document, 80), "entities": entities(document, 220)} for document in documents]
        cases.append(({"texts": texts, "min": 80, "entities": True}, answers))
    return cases


def test_nothing_is_lost_nor_mixed_up(scorer: Scorer) -> None:
    all_cases = cases(scorer)
    counts, wrong = [0] * CLIENTS, list[str]()
    with serve() as service:
        end = time.monotonic() + SECONDS

        def send(client: int) -> None:
            chance = random.Random(client)
            with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
                while time.monotonic() < end:
                    query, documents = chance.choice(all_cases)
                    connection.request("POST", "/v1/score", json.dumps(query), {"Content-Type": "application/json"})
                    response = connection.getresponse()
                    answer = json.loads(response.read())
                    if response.status != 200 or answer["documents"] != documents:
                        wrong.append(f"client {client}: {response.status}, {str(answer)[:200]} for {str(query)[:200]}")
                    counts[client] += 1

        clients = [threading.Thread(target=send, args=(client,)) for client in range(CLIENTS)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()
        assert wrong == []
        assert all(counts)
        metric = 'escore_requests_total{method="POST",route="/v1/score",status="200"}'
        assert service.metric(metric) == sum(counts)
        assert service.metric("escore_in_flight") == service.metric("escore_queue_length") == 0
    print(f"{sum(counts)} answers in {SECONDS:g} s")
