"""The component of spaCy, in spaCy. Skipped without it: pip install '.[spacy]'."""

import pickle
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from escore import Scorer

spacy = pytest.importorskip("spacy")
component = pytest.importorskip("escore_integrations.spacy_component")

TEXT = "Joe Biden told Boris Johnson not to renege on treaties. Don't go to Oslo!"


def pipeline(**config: object):  # type: ignore[no-untyped-def]
    nlp = spacy.blank("en")
    nlp.add_pipe("escore", config=config)
    return nlp


def test_entities_and_scores_are_those_of_escore(scorer: Scorer) -> None:
    doc = pipeline()(TEXT)
    expected = scorer(TEXT)
    assert [(span.text, span.start_char, span.label_) for span in doc.ents] == [
        (entity.text, entity.start, component.LABELS[entity.kind]) for entity in expected.entities()
    ]
    assert [token.text for token in doc] == [word.text for word in expected.words]
    assert [token._.escore for token in doc] == pytest.approx(expected.scores.tolist())
    assert pipeline()("").ents == ()
    assert pipeline(minimum=300)(TEXT).ents == ()


def test_spacy_knows_the_component_by_its_name() -> None:
    """From the entry point of an installation, without an import."""
    if not any(point.name == "escore" for point in entry_points(group="spacy_factories")):
        pytest.skip("escore is not installed with its entry points")
    program = "import spacy; nlp = spacy.blank('en'); nlp.add_pipe('escore'); print(nlp('Anna Berg slept.').ents)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "(Anna Berg,)\n"


def test_many_documents_come_in_order_with_their_contexts() -> None:
    nlp = pipeline(threads=2)
    texts = [f"Anna met Ben in Oslo {number}. " * (number % 5) for number in range(30)]
    docs = list(nlp.pipe(texts, batch_size=4))
    assert [doc.text for doc in docs] == texts
    assert [[span.text for span in doc.ents] for doc in docs] == [[s.text for s in nlp(text).ents] for text in texts]
    assert [context for _, context in nlp.pipe([(text, text) for text in texts], as_tuples=True)] == texts


def test_entities_of_earlier_components_stay_unless_overwritten() -> None:
    for overwrite, labels in [(False, {"Biden": "RULE"}), (True, {"Joe Biden": "PERSON"})]:
        nlp = spacy.blank("en")
        nlp.add_pipe("entity_ruler").add_patterns([{"label": "RULE", "pattern": "Biden"}])
        nlp.add_pipe("escore", config={"overwrite": overwrite})
        found = {span.text: span.label_ for span in nlp(TEXT).ents}
        assert labels.items() <= found.items()
        assert "Boris Johnson" in found


def test_pipelines_are_saved_and_sent_to_processes(tmp_path) -> None:  # type: ignore[no-untyped-def]
    nlp = pipeline(minimum=250)
    nlp.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline")
    assert [span.text for span in again(TEXT).ents] == [span.text for span in nlp(TEXT).ents]
    copy = pickle.loads(pickle.dumps(nlp.get_pipe("escore")))  # noqa: S301
    assert [span.text for span in copy(nlp.make_doc(TEXT)).ents] == [span.text for span in nlp(TEXT).ents]


def test_a_model_that_is_missing_is_an_error_of_escore() -> None:
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        pipeline(model="nowhere")
