"""A recognizer of Presidio: names that escore finds, beside the patterns and checksums of Presidio's own."""

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from escore import Scorer
from escore.scale import ENTITY_MINIMUM, MAX_SCORE

# By kind, as Presidio calls them.
ENTITIES = {"person": "PERSON", "organization": "ORGANIZATION", "place": "LOCATION", "other": "ENTITY", None: "ENTITY"}


class EscoreRecognizer(EntityRecognizer):
    """Finds names with one model.

    model: the folder of a bundle, or "fast"; None is the default one that ships.
    minimum: the lowest score of an entity's words, 0..300.
    threads: see Scorer.

    Results are PERSON, ORGANIZATION, LOCATION and ENTITY (others), or all ENTITY where the bundle says no kinds. Their
    score is the probability that the calibration gives; without one, the share of 300.

    Raises what Scorer raises.
    """

    def __init__(
        self,
        model: str | None = None,
        minimum: float = ENTITY_MINIMUM,
        threads: int | None = None,
        supported_language: str = "en",
    ) -> None:
        self._scorer, self._minimum = Scorer(model, threads), minimum
        names = sorted(set(ENTITIES.values()))
        super().__init__(supported_entities=names, name="EscoreRecognizer", supported_language=supported_language)

    def load(self) -> None:
        """Nothing more is to be loaded."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """The names in a text, of the types that are asked for; `nlp_artifacts` are not needed."""
        return [
            self._result(ENTITIES[entity.kind], entity.start, entity.end, entity.probability, entity.score)
            for entity in self._scorer(text).entities(self._minimum, identifiers=True)
            if not entities or ENTITIES[entity.kind] in entities
        ]

    def _result(self, kind: str, start: int, end: int, probability: float | None, score: float) -> RecognizerResult:
        metadata = {
            RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
        }
        sure = score / MAX_SCORE if probability is None else probability
        return RecognizerResult(kind, start, end, sure, recognition_metadata=metadata)
