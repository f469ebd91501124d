"""What one would write instead of `escore serve`: Flask around transformers' pipeline, behind waitress as it is.

python -m benchmarks.flask_peer FOLDER
"""

import logging
import re
import sys

import waitress
from flask import Flask, request

from benchmarks.peers import Pipeline

PIECE = re.compile(r"\S+(?:\s+\S+){0,99}")  # words that fit the model, which would lose the rest of a longer text


def app(folder: str) -> Flask:
    """POST /score with {"text": ...} answers the pipeline's tokens."""
    pipeline, made = Pipeline(folder), Flask(__name__)

    @made.post("/score")
    def score() -> list[dict[str, object]]:
        pieces = list(PIECE.finditer(request.get_json()["text"]))
        found = pipeline.pipe([piece.group() for piece in pieces])
        return [
            token
            | {
                "score": float(token["score"]),
                "start": token["start"] + piece.start(),
                "end": token["end"] + piece.start(),
            }
            for piece, tokens in zip(pieces, found, strict=True)
            for token in tokens
        ]

    return made


def main() -> None:
    """Serve on any free port, and say which once it listens."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # else it says at each request that others wait
    server = waitress.create_server(app(sys.argv[1]), host="127.0.0.1", port=0)
    print(f"Listening on http://127.0.0.1:{server.effective_port}/", file=sys.stderr, flush=True)
    server.run()


if __name__ == "__main__":
    main()
