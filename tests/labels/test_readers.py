"""Each corpus format is read for what it says, and refused by file and line where it is broken."""

from pathlib import Path

import pytest
from tests.corpora import conllu_sentence
from tests.labels.conftest import Write

from escore_labels.readers.corpus import read_corpus
from escore_labels.spacing import spaces_after
from escore_labels.texts import join_sentences
from escore_labels.tokens import CorpusError, Token


def labels(path: Path) -> list[tuple[str, int, int]]:
    return [(t.text, t.low, t.high) for document in read_corpus(path) for sentence in document for t in sentence]


def test_parts_of_speech_leave_the_entity_open(write: Write) -> None:
    path = write("x.conllu", "# newdoc\n" + conllu_sentence(1, "Anna", "ship") + "\n\n")
    assert labels(path) == [
        ("Anna", 2, 3),
        ("did", 0, 0),
        ("n't", 0, 0),
        ("see", 0, 0),
        ("the", 0, 0),
        ("ship", 1, 1),
        (".", 0, 0),
    ]
    ((sentence,),) = read_corpus(path)
    assert join_sentences([sentence]).text == "Anna didn't see the ship. "


def test_the_entity_layer_beside_a_file_closes_it(write: Write) -> None:
    path = write("x.conllu", "# newdoc\n" + conllu_sentence(1, "Anna", "ship") + "\n\n")
    tags = "\n".join(f"{i}\tw\t{'B-PER' if i == 1 else 'O'}\t-\t-" for i in range(1, 8))
    layer = write("x.uner.iob2", f"# sent_id = s1\n{tags}\n")
    assert labels(path)[0] == ("Anna", 3, 3)
    with pytest.raises(CorpusError, match=r"give the \.conllu"):
        read_corpus(layer)
    write("x.uner.iob2", "# sent_id = s1\n1\tw\tO\t-\t-\n")
    with pytest.raises(CorpusError, match=r"x\.conllu: line 5: token 2 is not in"):
        read_corpus(path)


def test_gum_mentions_nest_and_close_by_number(write: Write) -> None:
    row = "{}\t{}\t_\t_\t{}\t_\t_\t_\t_\t{}"
    lines = [
        row.format(1, "Bank", "NNP", "Entity=(1-organization-new(2-abstract-new)"),
        row.format(2, "of", "IN", "_"),
        row.format(3, "Oslo", "NNP", "Entity=(3-place-giv)1)"),
        row.format(4, "met", "VBD", "_"),
        row.format(5, "Windows", "NNP", "Entity=(4-object-new)"),
        row.format(6, "users", "NNS", "Entity=(5-person-new)"),
    ]
    path = write("g.conllu", "# newdoc\n# global.Entity = GRP-etype\n# sent_id = 1\n" + "\n".join(lines) + "\n\n")
    assert [label[1] for label in labels(path)] == [3, 0, 3, 0, 2, 1]


def test_entities_alone_leave_the_part_of_speech_open(write: Write) -> None:
    path = write("x.conll", "Anna\tB-person\nsaw\tO\nMay\tB-Date\n\n:)\tO\tB-nested\n")
    assert labels(path) == [("Anna", 3, 3), ("saw", 0, 2), ("May", 0, 2), (":)", 0, 2)]
    assert labels(write("w.txt", "Anna I-PER\nsaw O\n")) == [("Anna", 3, 3), ("saw", 0, 2)]
    assert labels(write("nested.txt", "Anna B-PER O\nsaw O O\n")) == [("Anna", 3, 3), ("saw", 0, 2)]


def test_conll2003(write: Write) -> None:
    text = "-DOCSTART- -X- O O\n\nOslo NNP I-NP I-LOC\nPort NNP I-NP O\nof IN I-PP O\n-LRB- ( O O\nships NNS I-NP O\n"
    path = write("eng.testa", text)
    assert labels(path) == [("Oslo", 3, 3), ("Port", 2, 2), ("of", 0, 0), ("(", 0, 0), ("ships", 1, 1)]


def test_masc_and_gmb(write: Write) -> None:
    assert labels(write("m.txt", "Anna_NNP has_VBZ under_score_NN M. \n")) == [
        ("Anna", 2, 3),
        ("has", 0, 0),
        ("under_score", 1, 1),
        ("M.", 0, 3),
    ]
    gmb = '\tSentence #\tWord\tPOS\tTag\n0\t1.0\tCaf\xe9\tNNP\tB-org\n1\t1.0\tMonday\tNNP\tB-tim\n2\t2.0\t""""\t``\tO\n'
    assert labels(write("GMB.txt", gmb.encode("latin-1"))) == [("Café", 3, 3), ("Monday", 2, 2), ('"', 0, 0)]


SENTENCE = conllu_sentence(0, "Anna", "ship")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.conll", "", "empty; give a file with words"),
        ("blank.txt", " \n\n", "empty"),
        ("one.txt", "word\nword\n", "line 1: not a corpus format"),
        ("prose.txt", "This is a sentence of plain text.\n", "line 1: not a corpus format"),
        ("tag.conll", "Anna\tB-PER\nsaw\tVBD\n", "line 2: 'VBD' is not an entity tag"),
        ("short.conll", "Anna\tB-PER\nsaw\n", "line 2: 1 column, needed a token and an entity tag"),
        ("c.testa", "Anna NNP I-NP I-PER\nsaw VBD O\n", "line 2: 3 columns, needed 4"),
        (
            "de.testa",
            "-DOCSTART- -X- O O\n\nAnna NNP I-NP I-PER\nging VVFIN I-VP O\n",
            "line 4: 'VVFIN' is not a Penn part of speech",
        ),
        ("u.conllu", "# newdoc\n# sent_id = 1\n1\tAnna\t_\n", "line 3: 3 columns, needed 10"),
        ("i.conllu", "# newdoc\nx\tAnna" + "\t_" * 8 + "\n", "line 2: 'x' is not a token number"),
        ("de.conllu", SENTENCE.replace("\tNNP\t", "\tNE\t"), "line 2: 'NE' is not a Penn part of speech; give those"),
        ("upos.conllu", SENTENCE.replace("PROPN\tNNP", "NAME\t_"), "line 2: 'NAME' is not a universal part of speech"),
        ("m.txt", "Anna_PROPN saw_VERB the_DET ship_NOUN\n", "line 1: 'PROPN' is not a Penn part of speech"),
        ("g.txt", "\tSentence #\tWord\tPOS\tTag\n0\t1.0\tAnna\n", "line 2: 3 columns, needed 5"),
        ("l.conll", b"Anna\tO\nJos\xe9\tO\n", "line 2: not UTF-8 \\(byte 10\\); convert"),
    ],
)
def test_a_broken_file_is_refused_by_name_and_line(write: Write, name: str, content: str | bytes, message: str) -> None:
    path = write(name, content)
    with pytest.raises(CorpusError, match=message) as caught:
        read_corpus(path)
    assert str(caught.value).startswith(str(path))


def test_a_broken_entity_layer_is_refused_by_its_own_name(write: Write) -> None:
    path = write("x.conllu", SENTENCE)
    layer = write("x.uner.iob2", "# sent_id = s0\n1\tAnna\tPER\t-\n")
    with pytest.raises(CorpusError, match="line 2: 'PER' is not an entity tag") as caught:
        read_corpus(path)
    assert str(caught.value).startswith(str(layer))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.txt", tmp_path):
        with pytest.raises(CorpusError, match=str(path)):
            read_corpus(path)


@pytest.mark.parametrize(
    "text",
    [
        'He said, "I do n\'t know." (really?)',
        "Ben 's dog, 50% of £3 and $4.",
        "“Well” said 'm",
    ],
)
def test_spacing_is_given_back(text: str) -> None:
    import re

    tokens = re.findall(r"n't|'s|'m|[\w]+|[^\w\s]", text)
    spaces = spaces_after(tokens)
    joined = "".join(token + " " * space for token, space in zip(tokens, spaces, strict=True)).strip()
    assert joined == text.replace(" n't", "n't").replace(" 's", "'s").replace(" 'm", "'m")


def test_offsets_of_tokens() -> None:
    text = join_sentences([[Token("Anna", 3, 3, False), Token(".", 0, 0)], [Token("Ben", 3, 3)]])
    assert text.text == "Anna. Ben "
    assert [text.text[start:end] for start, end in text.spans] == ["Anna", ".", "Ben"]


def test_spans_in_lines_below_their_text(write: Write) -> None:
    path = write(
        "x.spans", "# text = In 2012 Bolt Systems left.\n3\t7\tDATE\t2012\n8\t20\tORG\tBolt Systems\n\n# text = No.\n"
    )
    (document,) = read_corpus(path)
    assert [join_sentences([sentence]).text.strip() for sentence in document] == ["In 2012 Bolt Systems left.", "No."]
    assert [(t.text, t.low, t.high, t.starts_entity, t.kind) for t in document[0]][1:5] == [
        ("2012", 0, 2, False, None),
        ("Bolt", 3, 3, True, "organization"),
        ("Systems", 3, 3, False, "organization"),
        ("left", 0, 2, False, None),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Bolt left.\n0\t4\tORG\tBolt\n", "line 1: does not begin with '# text = '"),
        ("# text = Bolt left.\n0\t4\tBolt\n", "line 2: not a span"),
        ("# text = Bolt left.\n-1\t4\tORG\tBolt\n", "line 2: not a span"),
        ("# text = Bolt left.\n1\t5\tORG\tBolt\n", "line 2: 'Bolt' is not at 1..5 of its text"),
    ],
)
def test_a_span_that_does_not_fit_its_text_is_refused(write: Write, content: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_corpus(write("x.spans", content))


def test_names_beside_a_layer_that_marks_some_others_are_open(write: Write) -> None:
    sentences = [conllu_sentence(1, "Anna", "ship"), conllu_sentence(2, "Oskar", "ship")]
    path = write("x.conllu", "# newdoc\n" + "\n\n".join(sentences) + "\n\n")
    for tag, bounds in (("B-OTH", (2, 3)), ("B-PER", (2, 2))):
        layer = [
            f"# sent_id = s{i}\n" + "".join(f"{k}\tx\t{tag if i * k == 1 else 'O'}\n" for k in range(1, 8))
            for i in (1, 2)
        ]
        write("x.uner.iob2", "\n".join(layer))
        assert [row for row in labels(path) if row[0] in ("Anna", "Oskar")] == [("Anna", 3, 3), ("Oskar", *bounds)]


def test_types_of_corpora_become_kinds(write: Write) -> None:
    path = write(
        "x.conll", "Anna\tB-scientist\nmet\tO\nBolt\tB-band\nin\tO\nRotterdam\tB-GPE\nat\tO\nEaster\tB-festival\n"
    )
    ((sentence,),) = read_corpus(path)
    assert [token.kind for token in sentence] == ["person", None, "organization", None, "place", None, "other"]
