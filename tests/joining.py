"""Texts with scores of their words, for all that joins words into entities."""

import random
from dataclasses import dataclass

import numpy as np

from escore import Document

# A word and its score; "~" before a word: no white space before it. The entities at 200, or at the minimum given.
CASES: list[tuple[str, list[str]]] = [
    ("Joe=290 Biden=280 met=10 Boris=270 Johnson=260", ["Joe Biden", "Boris Johnson"]),
    # A small word between two that reach the minimum needs half of it …
    ("University=280 of=100 California=285", ["University of California"]),
    ("University=280 of=99.5 California=285", ["University", "California"]),
    ("Bank=280 of=110 the=110 West=285", ["Bank of the West"]),
    ("Bank=280 of=110 the=20 West=285", ["Bank", "West"]),
    ("BANK=280 OF=110 CHINA=285", ["BANK OF CHINA"]),
    ("Vincent=280 van=110 Gogh=285 et=110 al=110", ["Vincent van Gogh"]),
    ("Банк=280 и=110 Дом=285", ["Банк и Дом"]),
    # … between, not beside them; longer words, numbers, 's and signs need all of it.
    ("of=199 Oslo=280 and=199", ["Oslo"]),
    ("Oslo=280 town=199 Hall=285", ["Oslo", "Hall"]),
    ("Oslo=280 ~'s=199 Opera=285", ["Oslo", "Opera"]),
    ("Oslo=280 ~'s=200 Opera=285", ["Oslo's Opera"]),
    ("Oslo=280 12=199 Opera=285", ["Oslo", "Opera"]),
    ("Oslo=280 /=199 Bergen=285 -=199 Voss=285", ["Oslo", "Bergen", "Voss"]),
    ("John=280 F=220 ~.=200 Kennedy=285", ["John F. Kennedy"]),
    # A line break ends an entity, wherever it stands.
    ("Joe=290 \n Biden=280", ["Joe", "Biden"]),
    ("Bank=280 \n of=110 China=285", ["Bank", "China"]),
    ("Bank=280 of=110 \u2028 China=285", ["Bank", "China"]),
    # A tab or three blanks end one too, as between the columns of a table; two blanks do not.
    ("Ann=280 \t Oslo=280", ["Ann", "Oslo"]),
    ("New=280   York=280", ["New", "York"]),
    ("New=280  York=280", ["New  York"]),
    # A small word in capitals is another word where those beside it are not.
    ("Google=280 CEO=150 Ann=285", ["Google", "Ann"]),
    ("Google=280 CEO=200 Ann=285", ["Google CEO Ann"]),
    ("IBM=280 CEO=150 of=150 SAP=285", ["IBM", "SAP"]),
    ("BANK=280 OF=150 B2B=285", ["BANK OF B2B"]),
    # "@" and "#" begin another entity after white space, lit or not.
    ("@=250 ~ann=280 @=250 ~ben=280", ["@ann", "@ben"]),
    ("Oslo=280 #=110 ~Bergen=280", ["Oslo", "Bergen"]),
    ("Oslo=280 of=110 @=210 ~Bergen=280", ["Oslo", "@Bergen"]),
    ("C=280 ~#=250 Builder=280", ["C# Builder"]),
    ("ann=280 ~@=250 ~home=280", ["ann@home"]),
    # Signs alone are no entity.
    ("👍=290 Oslo=280 met=1 🎉=250 ~!=250", ["👍 Oslo"]),
    ("$=250 ten=1 €=250 €=250", []),
    ("²=250 \n 五=250", ["²", "五"]),
]


@dataclass(frozen=True, slots=True)
class Scores:
    """A text, its words' places (half-open code point offsets), and their scores."""

    text: str
    places: list[tuple[int, int]]
    scores: list[float]

    def document(self) -> Document:
        starts, ends = np.array(self.places, np.int32).reshape(-1, 2).T.copy()
        return Document(self.text, starts, ends, np.array(self.scores, np.float32), ())


def read(case: str) -> Scores:
    """What a case says."""
    text = ""
    places, scores = [], []
    for item in case.split(" "):
        word, _, score = item.rpartition("=")
        if not word:
            text += item or " "  # a line break, a tab or a further blank
            continue
        glued = word.startswith("~")
        text += "" if glued or not text else " "
        word = word.removeprefix("~")
        places.append((len(text), len(text) + len(word)))
        scores.append(float(score))
        text += word
    return Scores(text, places, scores)


WORDS = [
    *("Anna", "Oslo", "of", "the", "OF", "und", "'s", "’s", "5", "B2B", "दिल्ली", "का", "و", "𝑥𝑦"),
    *".,-/|@#",
    "👍🏽",
]


def random_case(rng: random.Random) -> Scores:
    """Words that matter to the rule, scored at random, often just at an edge; for a minimum of 200."""
    items = []
    for _ in range(rng.randrange(12)):
        if rng.random() < 0.05:
            items.append(rng.choice(("\n", "\x0b", "\u2029", "\t", "", " ")))
        glue = "~" if rng.random() < 0.3 else ""
        score = rng.choice([0.0, 99.5, 100.0, 199.5, 200.0, 300.0, round(rng.uniform(0, 300) * 4) / 4])
        items.append(f"{glue}{rng.choice(WORDS)}={score}")
    return read(" ".join(items)) if items else Scores("", [], [])
