"""What one would write instead of `escore serve`: Flask around transformers' pipeline, served by waitress."""

import logging
import os
import re
from typing import Any

from flask import Flask, request

from benchmarks.speed.peers import Pipeline

WORDS = re.compile(r"\S+(?:\s+\S+){0,99}")  # as many as fit the model, which would lose the rest of a longer text


def app() -> Flask:
    """POST /score with {"text": ...} answers the tokens of the pipeline in the folder that FLASK_PEER names."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # else a line for each request that waits
    pipe, flask = Pipeline(os.environ["FLASK_PEER"]).pipe, Flask(__name__)

    def moved(token: dict[str, Any], by: int) -> dict[str, Any]:
        return token | {"score": float(token["score"]), "start": token["start"] + by, "end": token["end"] + by}

    @flask.post("/score")
    def score() -> list[dict[str, Any]]:
        parts = list(WORDS.finditer(request.get_json()["text"]))
        answers = zip(parts, pipe([part.group() for part in parts]), strict=True)
        return [moved(token, part.start()) for part, tokens in answers for token in tokens]

    return flask
