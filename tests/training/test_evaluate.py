"""`escore evaluate`: figures against a count by hand, the plan on made-up corpora, the table, JSON, and bad input."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conftest import Run
from tests.training.corpora import conllu_sentence

from escore import Scorer, manifest
from escore.bundle import DEFAULT
from escore.manifest import Calibration
from escore_training import evaluate, plan
from escore_training.corpora import read
from escore_training.difference import UnlikeWordsError, difference
from escore_training.evaluate import gold_scores
from escore_training.gold import CorpusError, Token
from escore_training.texts import join

NAMES = ("Anna Berg", "Oslo", "Kattegat Lines", "Ingrid Solheim", "Rotterdam", "Henrik Vik")


def columns(count: int, separator: str = "\t") -> str:
    """Sentences in columns, of which each names somebody or something."""
    lines = []
    for i in range(count):
        names = NAMES[i % len(NAMES)].split()
        tokens = [
            ("The", "O"),
            ("mayor", "O"),
            ("met", "O"),
            *((n, "BI"[k > 0] + "-X") for k, n in enumerate(names)),
            (".", "O"),
        ]
        lines.append("".join(f"{token}{separator}{tag}\n" for token, tag in tokens))
    return "\n".join(lines) + "\n"


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    """A folder with some of the planned corpora, made up."""
    folder = tmp_path / "corpora"
    documents, layer = [], []
    for i in range(24):
        genre = ("email", "reviews")[i % 2]
        name = NAMES[i % len(NAMES)].split()[0]
        documents.append(f"# newdoc id = {genre}-{i}\n" + conllu_sentence(i, name, "ship") + "\n\n")
        tags = enumerate([(name, "B-X"), *((word, "O") for word in ("did", "n't", "see", "the", "ship", "."))], 1)
        layer.append(f"# sent_id = s{i}\n" + "".join(f"{k}\t{word}\t{tag}\t-\n" for k, (word, tag) in tags) + "\n")
    for path, text in {
        "ewt/en_ewt-ud-dev.conllu": "".join(documents),
        "ewt/en_ewt-ud-dev.uner.iob2": "".join(layer),
        "wnut17/emerging.dev.conll": columns(12),
        "crossner/music/dev.txt": columns(9),
        "worldwide/a.tsv": columns(5),
        "worldwide/b.tsv": columns(6),
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def test_a_gold_word_gets_the_mean_of_the_words_that_overlap_it(scorer: Scorer) -> None:
    gold = join([[Token("Mary-", 2, 3, False), Token("Ellen", 2, 3), Token("don't", 0, 0)]])
    document = scorer(gold.text)
    assert [word.text for word in document.words] == ["Mary-Ellen", "do", "n't"]
    scores = gold_scores(gold, document)
    assert scores[0] == scores[1] == document.scores[0]
    assert scores[2] == pytest.approx((2 * document.scores[1] + 3 * document.scores[2]) / 5)


def test_figures_are_those_of_the_scores(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "x.conllu"
    path.write_text("# newdoc\n" + "\n\n".join(conllu_sentence(i, "Anna", "ship") for i in range(4)) + "\n\n")
    scored = evaluate.score(scorer, plan.Row("x", (path,)))
    figures = evaluate.figures(scored, Calibration((0, 300), (0, 1)), 10, 0)
    ((*sentences,),) = read(path)
    gold = join(sentences)
    scores = gold_scores(gold, scorer(gold.text))
    classes = [min(token.low, 2) for token in gold.tokens]
    right = [int(score >= 50) + int(score >= 150) == known for score, known in zip(scores, classes, strict=True)]
    assert figures.three_classes is not None
    assert figures.three_classes.value == pytest.approx(np.mean(right))
    assert figures.four_classes is None  # whether Anna is an entity is not labelled
    assert figures.entity_ap is figures.span_f1 is figures.ece is None
    assert (figures.words, figures.texts, figures.units) == (28, 1, 1)


def test_entities_and_calibration_are_counted(scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text(columns(30))
    scored = evaluate.score(scorer, plan.Row("x", (tmp_path / "x.conll",)), sentences=1)
    found = evaluate.figures(scored, Calibration((0, 300), (0, 1)), 50, 0)
    (document,) = read(tmp_path / "x.conll")
    hits = known = taken = 0
    for sentence in document:
        text = join([sentence]).text
        names = {name for name in NAMES if name in text}
        entities = [entity.text for entity in scorer(text).entities(220)]
        hits, known, taken = hits + len(names & set(entities)), known + len(names), taken + len(entities)
    assert found.span_f1 is not None
    assert found.span_f1.value == pytest.approx(2 * hits / (taken + known))
    assert found.units == 30  # few documents: texts are resampled
    assert found.ece is not None
    scores = np.concatenate([gold_scores(gold, scorer(gold.text)) for gold in scored.labelled.golds])
    entity = np.array([token.low == 3 for gold in scored.labelled.golds for token in gold.tokens])
    bins = np.minimum(scores / 300 * 15, 14).astype(int)
    gaps = [abs((scores[bins == b] / 300 - entity[bins == b]).sum()) for b in range(15)]
    assert found.ece.value == pytest.approx(sum(gaps) / len(scores))
    again = evaluate.figures(scored, Calibration((0, 300), (0, 1)), 50, 0)
    assert again == found
    assert evaluate.figures(scored, Calibration((0, 300), (0, 1)), 50, 1).ece != found.ece


def test_halves_are_the_same_whatever_a_change_leaves_out(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "signs.conll"
    path.write_text("".join("!\tO\n\n" if i == 1 else f"Anna{i}\tB-PER\nslept\tO\n\n" for i in range(8)))
    halves = {}
    for change in ("kept", "unpunctuated"):
        scored = evaluate.score(scorer, plan.Row("signs", (path,), change, fits=True), sentences=1)
        pairs = zip(scored.labelled.golds, scored.fits.tolist(), strict=True)
        halves[change] = {gold.tokens[0].text: half for gold, half in pairs}
    assert halves["unpunctuated"] == {word: half for word, half in halves["kept"].items() if word != "!"}


def test_half_of_the_documents_fit_a_table_and_the_others_judge_it(scorer: Scorer, corpora: Path) -> None:
    (row, *_) = plan.planned(corpora)[0]
    scored = evaluate.score(scorer, row)
    assert row.fits
    assert scored.fits.tolist() == [True, False] * 12
    table = evaluate.fit([scored])
    judged = scored.judged()
    assert len(judged.scores) == len(scored.compared.scores) / 2
    whole = evaluate.figures(scored, table, 0, 0)
    half = np.interp(judged.scores, table.scores, table.probabilities)
    bins = np.minimum(half * 15, 14).astype(int)
    gaps = [abs((half[bins == b] - (judged.low[bins == b] == 3)).sum()) for b in range(15)]
    assert whole.ece is not None
    assert whole.ece.value == pytest.approx(sum(gaps) / len(half))
    with pytest.raises(CorpusError, match="x: all words are part of entities, or none is"):
        evaluate.fit([evaluate.score(scorer, plan.Row("x", row.files))])


def test_genres_are_the_documents_own(scorer: Scorer, corpora: Path, tmp_path: Path) -> None:
    (row, lower, *_) = plan.planned(corpora)[0]
    scored = evaluate.score(scorer, row)
    assert evaluate.genres(scored) == ["email", "reviews"]
    assert evaluate.genres(evaluate.score(scorer, lower)) == []
    parts = [evaluate.figures(scored, None, 0, 0, genre) for genre in ("email", "reviews")]
    assert [part.words for part in parts] == [12 * 7, 12 * 7]
    whole = evaluate.figures(scored, None, 0, 0)
    assert whole.three_classes is not None
    shares = [part.three_classes.value for part in parts if part.three_classes]
    assert whole.three_classes.value == pytest.approx(np.mean(shares))
    (tmp_path / "g.conllu").write_text(
        "".join(f"# newdoc id = GUM_{genre}_x\n{conllu_sentence(0, 'Anna', 'ship')}\n\n" for genre in ("news", "bio"))
    )
    assert evaluate.labelled([tmp_path / "g.conllu"]).genres == ["news", "bio"]


def test_how_far_bundles_lie_apart(scorer: Scorer) -> None:
    assert difference(scorer, scorer, ["Anna met Ben."]).mean == 0

    class Other:
        bundle = scorer.bundle

        def stream(self, texts: list[str]) -> Any:
            return scorer.stream([text + " Oslo" for text in texts])

    with pytest.raises(UnlikeWordsError, match="cuts text into other words"):
        difference(scorer, Other(), ["Anna met Ben."])  # type: ignore[arg-type]


def rows_of(table: str) -> dict[str, list[str]]:
    lines = [line.strip("|").split(" | ") for line in table.splitlines() if line.startswith("|")]
    return {line[0].strip(): [cell.strip() for cell in line[1:]] for line in lines}


def test_the_command_prints_a_table_or_json(escore: Run, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text("Anna\tB-PER\nsaw\tO\nthe\tO\nship\tO\n.\tO\n")
    done = escore("evaluate", "default", "x.conll")
    assert done.returncode == 0
    assert done.stderr == b""
    rows = rows_of(done.stdout.decode())
    assert rows["words of"] == [
        *("words", "3 classes", "4 classes", "entity AP", "best F1", "F1 at 220", "span F1", "ECE")
    ]
    one = "1.000 (1.000–1.000)"
    assert rows["x.conll"][:7] == ["5", "–", "–", one, one, one, one]
    done = escore("evaluate", "default", "x.conll", "--json", "--change", "upper", "--resamples", "0")
    written = json.loads(done.stdout)
    assert written["schema"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+\+00:00", written["date"])
    assert {"python", "numpy", "onnxruntime", "tokenizers"} < set(written["versions"])
    assert written["model"]["sha256"] == manifest.read(DEFAULT).files["model.onnx"].sha256
    (row,) = written["rows"]
    assert (row["label"], row["change"], row["genre"], row["words"]) == ("x.conll, ALL CAPS", "upper", None, 5)
    assert row["three_classes"] is None
    assert set(row["entity_f1"]) == {"value", "low", "high"}
    assert written["words_per_second"] is written["against"] is None


def test_one_command_makes_every_figure_and_writes_it(escore: Run, corpora: Path, tmp_path: Path) -> None:
    bundle = shutil.copytree(DEFAULT, tmp_path / "bundle")
    done = escore(
        *("evaluate", "bundle", "--corpora", "corpora", "--against", "default", "--plots", "plots/new"),
        *("--save", "figures.json"),
        *("--write", "bundle", "--json", "--resamples", "40"),
    )
    assert done.returncode == 0, done.stderr
    missing = [line for line in done.stderr.decode().splitlines() if "no such file" in line]
    assert "escore: corpora/conll2003/eng.testa: no such file; 'CoNLL-2003 testa' is left out" in missing
    assert len(missing) == 6
    assert (tmp_path / "figures.json").read_bytes() == done.stdout
    written = json.loads(done.stdout)
    labels = [row["label"] for row in written["rows"] if row["genre"] is None]
    assert labels == [
        *("EWT dev", "EWT dev, lower case", "EWT dev, ALL CAPS", "EWT dev, Title Case", "EWT dev, typing errors"),
        *("EWT dev, no punctuation", "WNUT-17 dev", "CrossNER dev, music", "Worldwide"),
    ]
    rows = {(row["label"], row["genre"]): row for row in written["rows"]}
    assert rows["Worldwide", None]["files"] == ["worldwide/a.tsv", "worldwide/b.tsv"]
    assert rows["EWT dev", "email"]["words"] == 12 * 7
    assert rows["WNUT-17 dev", None]["texts"] == 12  # posts stand alone
    assert rows["CrossNER dev, music", None]["texts"] == 3
    assert [row["label"] for row in written["rows"] if row["fits_by_half"]][-1] == "WNUT-17 dev"
    assert written["calibration"]["fitted_on"] == ["EWT dev", "WNUT-17 dev"]
    assert written["words_per_second"]["median"] > 0
    assert written["against"]["row"] == "EWT dev"
    assert written["against"]["mean"] == written["against"]["marks_changed"] == 0
    assert (tmp_path / "plots" / "new" / "reliability.svg").read_text("utf-8").count("CrossNER dev, music") == 1
    described = manifest.read(bundle)
    assert list(described.quality) == sorted([*labels, "expectations"])
    assert described.quality["EWT dev"]["ece"] == rows["EWT dev", None]["ece"]["value"]
    assert described.calibration is not None
    assert list(described.calibration.scores) == written["calibration"]["scores"]
    assert Scorer(bundle)("Anna").words[0].probability is not None

    again = escore("evaluate", "bundle", "--corpora", "corpora", "--resamples", "40")  # by the bundle's own table now
    assert again.returncode == 0, again.stderr
    told = rows_of(again.stdout.decode())
    for row in written["rows"]:
        cells = told[row["label"] + (f": {row['genre']}" if row["genre"] else "")]
        for name, cell in zip(("entity_ap", "span_f1", "ece"), (cells[3], cells[6], cells[7]), strict=True):
            expected = "–" if row[name] is None else f"{row[name]['value']:.3f}".removeprefix("0")
            assert cell.split()[0] == expected
    assert told["EWT dev"][7].endswith("†")
    assert "the bundle's own table" in again.stdout.decode()


def test_a_table_may_be_fitted_on_other_files(escore: Run, tmp_path: Path) -> None:
    (tmp_path / "fit.conll").write_text(columns(40))
    (tmp_path / "dev.conll").write_text(columns(7))
    done = escore("evaluate", "default", "dev.conll", "--calibrate-on", "fit.conll", "--json")
    written = json.loads(done.stdout)
    assert written["calibration"]["fitted_on"] == ["fit.conll"]
    assert written["rows"][0]["ece"] is not None
    assert not written["rows"][0]["fits_by_half"]


def test_wrong_usage_is_told_in_one_line(escore: Run, corpora: Path, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text(columns(2))
    for arguments, part in [
        (["default"], "give FILE..., or --corpora DIR, and not both"),
        (["default", "x.conll", "--corpora", "corpora"], "and not both"),
        (["default", "--corpora", "corpora", "--change", "lower"], "--change goes with FILE..."),
    ]:
        done = escore("evaluate", *arguments)
        assert (done.returncode, done.stdout) == (2, b"")
        assert part in done.stderr.decode()
        assert done.stderr.count(b"\n") == 1


def test_bad_input_gets_one_line(escore: Run, tmp_path: Path) -> None:
    sentence = conllu_sentence(0, "Anna", "ship")
    files: dict[str, bytes] = {
        "short.conll": b"Anna\tB-PER\nsaw\n",
        "tag.conll": b"Anna\tB-PER\nsaw\tVERB\n",
        "empty.conll": b"\n\n",
        "latin.conll": b"Anna\tB-PER\nM\xfcller\tI-PER\n",
        "tags.testa": b"-DOCSTART- -X- O O\n\nAnna NNP I-NP I-PER\nging VVFIN I-VP O\n",
        "three.testa": b"Anna NNP I-NP I-PER\nsaw VBD O\n",
        "german.conllu": sentence.replace("\tNNP\t", "\tNE\t").encode(),
        "upos.conllu": sentence.replace("PROPN\tNNP", "NAME\t_").encode(),
        "layer.conllu": sentence.encode(),
        "layer.uner.iob2": b"# sent_id = s0\n1\tAnna\tPER\t-\n",
        "part.conllu": sentence.encode(),
        "part.uner.iob2": b"# sent_id = s0\n1\tAnna\tB-PER\t-\n",
        "masc.txt": b"Anna_PROPN saw_VERB the_DET ship_NOUN\n",
        "what.txt": b"one two three four five six\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    for arguments, part in [
        (["short.conll"], "short.conll: line 2: 1 column, needed a token and an entity tag"),
        (["tag.conll"], "tag.conll: line 2: 'VERB' is no entity tag"),
        (["empty.conll"], "empty.conll: empty; give a file with words"),
        (["latin.conll"], "latin.conll: line 2: not UTF-8 (byte 12); convert"),
        (["tags.testa"], "tags.testa: line 4: 'VVFIN' is no part of speech of Penn's"),
        (["three.testa"], "three.testa: line 2: 3 columns, needed 4"),
        (["german.conllu"], "german.conllu: line 2: 'NE' is no part of speech of Penn's"),
        (["upos.conllu"], "upos.conllu: line 2: 'NAME' is no universal part of speech"),
        (["layer.conllu"], "layer.uner.iob2: line 2: 'PER' is no entity tag"),
        (["part.conllu"], "part.conllu: line 4: token 2 is not in part.uner.iob2 ("),
        (["masc.txt"], "masc.txt: line 1: 'PROPN' is no part of speech of Penn's"),
        (["what.txt"], "what.txt: line 1: not a corpus that is known here"),
        (["nowhere"], "nowhere: No such file or directory; give a labelled file"),
        (["folder"], "folder: Is a directory"),
        (["--corpora", "nowhere"], "nowhere: no such folder; give the folder that holds ewt/"),
        (["--corpora", "folder"], "folder: is empty, or holds other corpora; give the folder"),
        (["nowhere", "--calibrate-on", "short.conll"], "nowhere: No such file"),
    ]:
        done = escore("evaluate", "default", *arguments)
        assert (done.returncode, done.stdout) == (1, b""), arguments
        lines = [line for line in done.stderr.decode().splitlines() if "is left out" not in line]
        assert len(lines) == 1, lines
        assert part in lines[0]


def test_a_bundle_that_cannot_be_used_gets_one_line_before_anything_is_scored(escore: Run, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text(columns(2))
    other = Path(shutil.copytree(DEFAULT, tmp_path / "other"))
    (other / "mine.txt").write_text("mine")
    for arguments, part in [
        (["nowhere", "x.conll"], "nowhere: no such folder"),
        (["default", "x.conll", "--against", "nowhere"], "nowhere: no such folder"),
        (["default", "no such file", "--write", "other"], "other: holds something else than a bundle ('mine.txt')"),
        (["default", "no such file", "--write", "new"], "new: no such folder"),
    ]:
        done = escore("evaluate", *arguments)
        assert (done.returncode, done.stdout) == (1, b"")
        assert part in done.stderr.decode()
        assert done.stderr.count(b"\n") == 1


def test_plots_ask_for_matplotlib(tmp_path: Path) -> None:
    """In a process that cannot import it; figures alone do not need it, nor scipy or torch."""
    (tmp_path / "x.conll").write_text(columns(2))
    for plots, code, part in [
        (
            "'--plots', 'p'",
            1,
            "matplotlib is not installed; in the folder of escore's source: pip install '.[evaluate]'",
        ),
        ("", 0, ""),
    ]:
        program = (
            "import sys\nfor name in ('matplotlib', 'scipy', 'torch'): sys.modules[name] = None\n"
            f"sys.argv = ['escore', 'evaluate', 'default', 'x.conll', {plots}]\n"
            "from escore_cli.main import main\nmain()"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        assert part in done.stderr
