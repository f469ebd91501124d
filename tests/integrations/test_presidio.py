"""The recognizer of Presidio, in its analyzer and anonymizer. Skipped without it: pip install '.[presidio]'."""

import pytest

from escore import Scorer

spacy = pytest.importorskip("spacy")
analyzer = pytest.importorskip("presidio_analyzer")
recognizer = pytest.importorskip("escore_integrations.presidio_recognizer")

TEXT = "Joe Biden wrote to joe@example.org from Oslo."


@pytest.fixture(scope="module")
def engine():  # type: ignore[no-untyped-def]
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import EmailRecognizer

    class BlankEngine(SpacyNlpEngine):  # type: ignore[misc]
        """An engine without a model of its own, which would have to be downloaded."""

        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

    registry = analyzer.RecognizerRegistry()
    registry.add_recognizer(recognizer.EscoreRecognizer())
    registry.add_recognizer(EmailRecognizer())
    return analyzer.AnalyzerEngine(registry=registry, nlp_engine=BlankEngine(), supported_languages=["en"])


def test_the_analyzer_finds_what_escore_does(engine, scorer: Scorer) -> None:  # type: ignore[no-untyped-def]
    names = [result for result in engine.analyze(TEXT, "en") if result.entity_type != "EMAIL_ADDRESS"]
    names = [result for result in names if "@" not in TEXT[result.start : result.end]]
    found = {(result.start, result.end): result for result in names}
    for entity in scorer(TEXT).entities():
        if (entity.start, entity.end) in found:
            result = found[entity.start, entity.end]
            assert result.entity_type == recognizer.ENTITIES[entity.kind]
            assert result.score == pytest.approx(entity.probability)
            assert result.recognition_metadata["recognizer_name"] == "EscoreRecognizer"
    assert {TEXT[start:end] for start, end in found} >= {"Joe Biden", "Oslo"}


def test_only_what_is_asked_for(engine) -> None:  # type: ignore[no-untyped-def]
    (result,) = engine.analyze(TEXT, "en", entities=["EMAIL_ADDRESS"])
    assert TEXT[result.start : result.end] == "joe@example.org"
    assert recognizer.EscoreRecognizer().analyze(TEXT, ["EMAIL_ADDRESS"]) == []


def test_the_anonymizer_replaces_it(engine) -> None:  # type: ignore[no-untyped-def]
    anonymizer = pytest.importorskip("presidio_anonymizer").AnonymizerEngine()
    text = anonymizer.anonymize(text=TEXT, analyzer_results=engine.analyze(TEXT, "en")).text
    assert "Biden" not in text
    assert "joe@" not in text
    assert "Oslo" not in text
    assert text.endswith(".")
    assert " wrote to <EMAIL_ADDRESS> from <" in text
