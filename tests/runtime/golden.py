"""Write the golden scores of the example texts for the shipped model: `make golden`, after the model has changed."""

import json
from pathlib import Path

from tests.conftest import EXAMPLES

from escore import Scorer

PATH = Path(__file__).with_suffix(".json")


def main() -> None:
    """One line a text: its words and their scores."""
    scorer = Scorer()
    documents = {path.name: scorer(path.read_text("utf-8")) for path in EXAMPLES}
    golden = {
        name: [[word.text, round(word.score, 2)] for word in document.words] for name, document in documents.items()
    }
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(words, ensure_ascii=False)}" for name, words in golden.items())
    PATH.write_text(f"{{\n{rows}\n}}\n", "utf-8")


if __name__ == "__main__":
    main()
