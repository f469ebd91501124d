"""Texts with scores of their words, for all that joins words into entities."""

import random
from dataclasses import dataclass, replace

import numpy as np

from escore import Document

PROSE = "the=1 report=1 that=1 the=1 committee=1 had=1 asked=1 for=1 was=1 signed=1 by=1"

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
    # No entity ends with such a word, if it is one of a few, however high it scores.
    ("Bank=280 of=280 the=280 left=1 Kim=280 un=280", ["Bank", "Kim un"]),
    ("of=280 Mice=280 the=280 Who=280 met=1 The=280 of=280", ["of Mice the Who", "The"]),
    ("met=1 the=280 King=1 Anna=280 of=280 left=1 of=280", ["Anna"]),
    # A full stop that a letter follows at once ends none.
    ("Node=280 ~.=250 ~js=10 Amazon=280 ~.=250 ~com=230 or=1 Bolt=280 ~.=250", ["Node", "Amazon.com", "Bolt."]),
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
    # A comma before what belongs to a name is part of it, whatever it scores.
    ("Bolt=280 Systems=280 ~,=5 Ltd=280 ~.=250 left=1", ["Bolt Systems, Ltd."]),
    ("King=280 ~,=5 Jr=100", ["King, Jr"]),
    ("King=280 ~,=5 Jr=99.5 Oslo=199 ~,=5 Jr=200", ["King", "Jr"]),
    ("Bros=280 ~.=5 ~,=5 Inc=150 ~.=5 @=280 ~,=5 Ltd=150", ["Bros., Inc."]),
    ("Ann=280 ~,=5 Ph=150 ~.=5 ~D=100 ~.=5 met=1 Ben=280 ~,=5 Ph=150 ~.=5", ["Ann, Ph.D.", "Ben"]),
    (
        "Bolt=280 ~,=5 LLC=280 ~.=5 Bolt=280 ~,=5 Inc=280 ~.=5 ~com=5 Bolt=280 ~,=5 Inc=280 ~..=5 Bolt=280 ~,=5 Io=280",
        ["Bolt, LLC", "Bolt, Inc", "Bolt, Inc", "Bolt", "Io"],
    ),
    ("Washington=280 ~,=5 D.C.=280 Stanford=280 ~,=5 CA=280", ["Washington, D.C. Stanford", "CA"]),
    ("Denver=280 ~,=5 CO=280 Bolt=280 ~,=5 Co-op=280", ["Denver", "CO Bolt", "Co-op"]),
    ("Ann=280 ~,=5  Jr=280 Ben=280 ,=5 \n Jr=280", ["Ann", "Jr Ben", "Jr"]),
    # White space that HTML writes in letters is no word here.
    ("Ann=280 ~&nbsp;=5 ~Lee=280", ["Ann&nbsp;Lee"]),
    ("&nbsp;=280 ~Ann=280 ~&nbsp;=280 ~met=1", ["Ann"]),
    # Signs alone are no entity, and none begins or ends with one …
    ("👍=290 Oslo=280 met=1 🎉=250 ~!=250", ["Oslo"]),
    ("$=250 ten=1 €=250 €=250", []),
    ("“=250 ~Oslo=280 ~”=250", ["Oslo"]),
    ("•=250 Ann=280 ~,=250 Ben=280 ~…=250", ["Ann, Ben"]),
    ("Oslo=280 ~)=250 ~.=250", ["Oslo"]),
    ("'s=250 Opera=280", ["Opera"]),
    ("–=250 @=250 ~ann=280 @=250", ["@ann"]),
    ("@=250 Oslo=280", ["Oslo"]),
    # … but for a full stop or a bracket that belongs to it.
    ("Bolt=280 Ltd=280 ~.=250", ["Bolt Ltd."]),
    ("Bolt=280 Ltd=280 .=250", ["Bolt Ltd"]),
    ("Bolt=280 (=250 ~UK=280 ~)=250 ~.=250", ["Bolt (UK)"]),
    ("(=250 ~UK=280 ~)=250", ["UK"]),
    ("[=250 Bolt=280 (=250 ~UK=280 ~]=250", ["Bolt (UK"]),
    # In hard-wrapped prose a name goes on over a line end …
    (f"{PROSE} Ada=280 \n ~Lovelace=280 yesterday=1 ~,=1 and=1 sent=1 to=1 all=1", ["Ada\nLovelace"]),
    (f"{PROSE} Ada=280 \r\n ~Lovelace=280 yesterday=1", ["Ada\r\nLovelace"]),
    (f"{PROSE} Bank=280 \n ~of=110 China=280 yesterday=1", ["Bank\nof China"]),
    # … but not where the next word would have fit, or a sentence, a paragraph or a row ends, and not in lists.
    (f"{PROSE} Ada=280 \n ~Lovelace=280 {PROSE} and=1 sent=1 to=1 all=1", ["Ada", "Lovelace"]),
    (f"{PROSE} Ada=280 ~.=1 \n ~Lovelace=280 left=1", ["Ada", "Lovelace"]),
    (f"{PROSE} Ada=280 ~.=280 \n ~Lovelace=280 left=1", ["Ada.", "Lovelace"]),
    # (an abbreviated title and an initial end none)
    (f"{PROSE} Dr=280 ~.=280 \n ~Lovelace=280 left=1", ["Dr.\nLovelace"]),
    (f"{PROSE} Ada=280 A=280 ~.=280 \n ~Lovelace=280 left=1", ["Ada A.\nLovelace"]),
    (f"{PROSE} Ada=280 \n \n ~Lovelace=280 left=1", ["Ada", "Lovelace"]),
    (f"{PROSE} Ada=280 \n   ~Lovelace=280 left=1", ["Ada", "Lovelace"]),
    (f"{PROSE} Ada=280 \n ~Lovelace=280 \t left=1", ["Ada", "Lovelace"]),
    (f"{PROSE} Ada=280 \u2028 ~Lovelace=280 left=1", ["Ada", "Lovelace"]),
    ("Petra=280 Lindholm=280 \n ~Omar=280 Haddad=280", ["Petra Lindholm", "Omar Haddad"]),
    (
        "Ministry=280 of=220 Foreign=280 Affairs=280 of=220 the=220 Kingdom=280 \n ~Ministry=280",
        ["Ministry of Foreign Affairs of the Kingdom", "Ministry"],
    ),
    ("²=250 \n 五=250", ["²", "五"]),
    # What is written as programs write their own names is none …
    ("std=250 ~::=5 ~Move=280 ,=5 Oslo=280 ~::=250", ["Oslo"]),
    ("$=5 ~(=5 ~BINDIR=280 ~)=5 $=5 ~{=5 ~HOME=280 ~}=5 (=5 ~Oslo=280 ~)=5", ["Oslo"]),
    ("Open=280 ~(=5 ~)=5 Oslo=280 ~(=5 ~No=1 ~)=5", ["Oslo"]),
    # … and more of it in lower case.
    ("max_size=280 ,=5 Statue_of_Liberty=280 ,=5 FC_Ann=280", ["Statue_of_Liberty", "FC_Ann"]),
    ("@=250 ~ann_lee=280 ,=5 __ann__=280", ["@ann_lee", "__ann__"]),
    ("$=5 ~path=280 ,=5 $=5 ~Ann=280", ["Ann"]),
    ("ann=280 ~.=5 ~log=280 ,=5 Node=280 ~.=5 ~Js=280 .=5 ~bashrc=280", ["ann", "Node", "Js", "bashrc"]),
    ("home=1 ~.=5 ~london=280 is=1 in=1 iran=280 ~.=5", ["london", "iran"]),
    ("gcc=280 ~:=5 ~amd64=1 ann=280 ~:=5 yes=1 oslo=280 ~:=5 ~1=1 ann=280 ~:=5 ~hi=1", ["ann", "oslo", "ann"]),
    ("/=5 ~usr=1 ~/=5 ~gcc=280 a=1 ~/=5 ~oslo=280 ~/=5 ~rome=280 b=1", ["oslo", "rome"]),
    ("(=5 ~.=5 ~/=5 ~ann=280 ~/=5 ~oslo=280 https=1 ~:=5 ~/=5 ~/=5 ~rome=280", []),
    # Careless writing stays what it is.
    ("Ann=280 ~==5 ~20=1 -=5 ~ann=280 ,=5 oslo=280 ~(=5 ~japan=280 ~)=5", ["Ann", "ann", "oslo", "japan"]),
]


# The same where a model says which words go on: "/1" behind the score of a word that does.
JOINED: list[tuple[str, list[str]]] = [
    # Names side by side are two, if the second one begins anew; what lies between words that go on is part of a name.
    ("Tanzanian=290/0 President=290/0 Samia=290/1 Suluhu=290/1", ["Tanzanian", "President Samia Suluhu"]),
    ("Stanford=290/0 ~,=20/0 CA=290/0", ["Stanford", "CA"]),
    ("King=290/0 ~,=20/1 Jr=290/1 ~.=20/1 spoke=1/0", ["King, Jr."]),
    ("Trinidad=290/0 and=40/1 Tobago=290/1 and=40/0 Oslo=290/0", ["Trinidad and Tobago", "Oslo"]),
    ("Procter=290/0 &=40/1 Gamble=290/1", ["Procter & Gamble"]),
    ("Alliance=290/0 for=40/1 Progress=290/1 under=1/1 way=1/1", ["Alliance for Progress"]),
    ("University=290/0 of=150/0 Oslo=290/1", ["University", "Oslo"]),
    ("Bank=290/0 (=20/1 ~UK=290/1 ~)=20/1", ["Bank (UK)"]),
    ("Bank=290/0 (=20/1 ~UK=290/0 ~)=20/1", ["Bank", "UK"]),
    ("Oslo=290/0 ~”=20/1", ["Oslo"]),
    ("Bolt=290/0 ~,=5/0 Ltd=290/0.3", ["Bolt, Ltd"]),
    ("Bolt=290/0 ~,=5/0 Ltd=290/0 Oslo=290/0", ["Bolt, Ltd", "Oslo"]),
    # Where the model is not sure, the rule without it holds.
    ("Joe=290/0 Biden=290/0.11 met=1/0.4 Boris=290/0.3", ["Joe Biden", "Boris"]),
    ("Bank=290/0 of=110/0.2 China=285/0.3 of=110/0.09 Oslo=290/0.9", ["Bank of China", "Oslo"]),
    ("Trinidad=290/0 and=40/0.4 Tobago=290/0.4", ["Trinidad", "Tobago"]),
    # Lines and columns end a name all the same, and "@" begins one.
    ("Ann=290/0 \n ~Lee=290/1", ["Ann", "Lee"]),
    ("Ann=290/0 \t ~Lee=290/1", ["Ann", "Lee"]),
    ("Ann=290/0 @=290/1 ~lee=290/1", ["Ann", "@lee"]),
    # What the model says of a word behind "&nbsp;" does not count, since it is shown a sign there.
    ("Ann=290/0 ~&#160;=5/0 ~Lee=290/0 Oslo=290/0 ~&nbsp;=5/0 met=1/0", ["Ann&#160;Lee", "Oslo"]),
    # A full stop that goes on is part of an abbreviation.
    ("Dr=290/0 ~.=150/0.5 Ann=290/0.2 Lee=290/1", ["Dr. Ann Lee"]),
    ("Dr=290/0 ~.=150/0.4 Ann=290/0.2 Lee=290/1", ["Dr", "Ann Lee"]),
    ("Inc=290/0 ~.=150/0.5 Ann=290/0.09", ["Inc.", "Ann"]),
]


@dataclass(frozen=True, slots=True)
class Scores:
    """A text, its words' places (half-open code point offsets), and their scores."""

    text: str
    places: list[tuple[int, int]]
    scores: list[float]
    joins: list[float] | None = None

    def document(self) -> Document:
        starts, ends = np.array(self.places, np.int32).reshape(-1, 2).T.copy()
        joins = None if self.joins is None else np.array(self.joins, np.float32)
        return Document(self.text, starts, ends, np.array(self.scores, np.float32), (), joins=joins)


def read(case: str) -> Scores:
    """What a case says; "word=280/1" is a word that goes on with the entity before it, where a model says so."""
    text = ""
    places: list[tuple[int, int]] = []
    scores: list[float] = []
    joins: list[float] = []
    for item in case.split(" "):
        word, _, score = item.rpartition("=")
        if not word:
            text += item or " "  # a line break, a tab or a further blank
            continue
        glued = word.startswith("~")
        text += "" if glued or not text else " "
        word = word.removeprefix("~")
        places.append((len(text), len(text) + len(word)))
        score, slash, join = score.partition("/")
        scores.append(float(score))
        joins += [float(join)] if slash else []
        text += word
    assert len(joins) in (0, len(scores)), case
    return Scores(text, places, scores, joins or None)


WORDS = [
    *("Ltd", "Jr", ",", "D.C."),
    "&nbsp;",
    *("Anna", "Oslo", "of", "the", "OF", "und", "'s", "’s", "5", "B2B", "दिल्ली", "का", "و", "𝑥𝑦"),
    *".,-/|@#()$=:",
    *("::", "${", "--", "max_size", "Statue_of_Liberty", "gcc", "log", "~/", "a1"),
    "👍🏽",
]


def random_case(rng: random.Random) -> Scores:
    """Words that matter to the rule, scored at random, often just at an edge; for a minimum of 200."""
    items = [PROSE] if (wrapped := rng.random() < 0.2) else []
    has_joins = rng.random() < 0.5
    for _ in range(rng.randrange(12)):
        if rng.random() < (0.2 if wrapped else 0.05):
            items.append(rng.choice(("\n", "\r\n", "\x0b", "\u2029", "\t", "", " ")))
        glue = "~" if rng.random() < 0.3 else ""
        score = rng.choice([0.0, 99.5, 100.0, 199.5, 200.0, 300.0, round(rng.uniform(0, 300) * 4) / 4])
        items.append(f"{glue}{rng.choice(WORDS)}={score}")
    case = read(" ".join(items)) if items else Scores("", [], [])
    return (
        replace(case, joins=[rng.choice([0.0, 0.09, 0.11, 0.49, 0.5, 1.0]) for _ in case.scores]) if has_joins else case
    )
