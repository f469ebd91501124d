"""A model of one's own: records in, a checkpoint out, with figures of before and after."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from escore import Scorer
from escore.atomic import resolve_output
from escore.bundle.bundle import locate
from escore.concurrency.cores import usable_cores
from escore.scale import MAX_SCORE
from escore_evaluation.text_figures import TextFigures, loses_at_most
from escore_labels.adjudicate import to_labeled_text
from escore_labels.general import general_records, general_sentences
from escore_labels.record import Record, RecordError, render_record
from escore_labels.split import is_held_out
from escore_labels.texts import LabeledText
from escore_training.fit import fit, make_deterministic
from escore_training.model.averaging import average_weights, copy_weights
from escore_training.model.finetune import attribute_weights
from escore_training.personal.batches import loss_of, mixed_batches
from escore_training.personal.encode import EncodedText, encode, predict_all
from escore_training.personal.examples import Example, make_examples
from escore_training.personal.measure import measure
from escore_training.personal.report import PersonalReport, read_report
from escore_training.personal.settings import PersonalSettings
from escore_training.personal.start import StartModel, open_start
from escore_training.progress import say
from escore_training.work import check_output, work_folder, write_checkpoint

_STAGE = "training"
VALIDATION = 10  # one text in so many tells when to stop
VALIDATION_BATCH = 16  # texts


def train_personal(
    records: Sequence[Record],
    start_from: str | Path,
    output: Path,
    name: str,
    unlabeled: Sequence[str] = (),
    prefer: str | None = None,
    settings: PersonalSettings | None = None,
) -> PersonalReport:
    """Train on the records that are not held out, and write a checkpoint in half precision to `output`.

    start_from: "default", "fast", or the folder of a bundle or a checkpoint.
    name: of the new model.
    unlabeled: texts of the person's that keep their scores, beside the general ones.
    prefer: the person whose labels win where two differ; without it such words are left open.

    A killed training continues from its last save; one that is done already is not done again. Raises what Bundle.open
    raises, CheckpointError, RecordError for records that teach nothing, and OutputError.
    """
    settings = settings or PersonalSettings()
    output = resolve_output(output)
    check_output(output, locate(start_from))
    held_out = [record for record in records if is_held_out(record) and record.is_labeled]
    learned = [record for record in records if not is_held_out(record)]
    if not any(record.is_labeled for record in learned):
        problem = f"none of the {len(learned)} texts to train on has a label or is reviewed"
        raise RecordError(f"{problem}; {len(held_out)} are held out", "label or review more first")
    make_deterministic()
    torch.set_num_threads(min(torch.get_num_threads(), usable_cores()))
    start = open_start(start_from, settings.dropout)
    inputs = {
        "records": _sha256(render_record(record) for record in records),
        "unlabeled": _sha256(unlabeled),
        "start": start.sha256,
        "prefer": prefer,
        "name": name,
        "settings": asdict(settings),
    }
    inputs_json = json.dumps(inputs, indent=2)
    digest = _sha256([inputs_json])
    if (earlier := read_report(output, digest)) is not None:
        say(_STAGE, f"{output} is what these texts and this start make; nothing is trained again")
        return earlier
    with work_folder(output, inputs_json) as work:
        training = _Training(start, settings, work)
        report = training.run(_labeled(learned, prefer), _labeled(held_out, prefer), unlabeled)
        notes = _notes(start, report, name) | {"inputs_sha256": digest}
        write_checkpoint(work, training.model, start.tokenizer_json, notes)
    return report


def _labeled(records: Iterable[Record], prefer: str | None = None) -> list[LabeledText]:
    return [to_labeled_text(record, prefer) for record in records]


def _sha256(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class _Texts:
    """Labeled texts, as the model sees them."""

    labels: Sequence[LabeledText]
    encodings: Sequence[EncodedText]


class _Training:
    """One training: the starting model, which stays as it is, and the one that learns."""

    def __init__(self, start: StartModel, settings: PersonalSettings, work: Path) -> None:
        self._start, self._settings, self._work = start, settings, work
        self._tokenizer = start.tokenizer
        self._before = copy_weights(start.model)
        self.model = start.model

    def run(
        self, own: Sequence[LabeledText], held_out: Sequence[LabeledText], unlabeled: Sequence[str]
    ) -> PersonalReport:
        """Predict, learn, and choose the weights' mean."""
        settings = self._settings
        say(_STAGE, "measuring the model to start from")
        judges, general_judges = self._encode(held_out), self._encode(_labeled(general_records()))
        own_before = self._measure(judges) if held_out else None
        general_before = self._measure(general_judges)
        own, validation = _split_validation(own, settings)
        say(_STAGE, "scoring all texts with it")
        examples, corrections = self._examples(self._encode(own))
        replay = (*general_sentences()[: settings.general_texts], *unlabeled)
        general, _ = self._examples(self._encode(_labeled(Record(text=text) for text in replay)))
        seconds = self._fit(examples, general, self._examples(self._encode(validation))[0])
        learned = {name: value.clone() for name, value in self.model.state_dict().items()}
        for weight in settings.averaging_weights if self._start.has_scores else (1.0,):
            self.model.load_state_dict(learned)
            average_weights(self.model, self._before, weight)
            own_after = self._measure(judges) if held_out else None
            general_after = self._measure(general_judges)
            say(
                _STAGE, f"{weight:g} of the new weights: own {_describe(own_after)}; general {_describe(general_after)}"
            )
            if loses_at_most(general_before, general_after, settings.max_class_loss, settings.max_ap_loss):
                break
        return PersonalReport(
            train_texts=len(own) + len(validation),
            held_out_texts=len(held_out),
            corrections=corrections,
            averaging_weight=weight,
            own_before=own_before,
            own_after=own_after,
            general_before=general_before,
            general_after=general_after,
            seconds=seconds,
        )

    def _encode(self, labels: Sequence[LabeledText]) -> _Texts:
        return _Texts(labels, [encode(self._tokenizer, text.text, self._start.max_tokens) for text in labels])

    def _examples(self, texts: _Texts) -> tuple[list[Example], int]:
        """Examples that keep what the starting model says, or the model that ships where that one says nothing yet."""
        says = predict_all(self.model, texts.encodings) if self._start.has_scores else _predict_by_default(texts)
        return make_examples(texts.labels, texts.encodings, says)

    def _measure(self, texts: _Texts) -> TextFigures:
        return measure(self.model, texts.labels, texts.encodings)

    def _fit(self, own: Sequence[Example], general: Sequence[Example], validation: Sequence[Example]) -> float:
        settings = self._settings
        torch.manual_seed(settings.seed)
        return fit(
            _STAGE,
            self.model,
            self.model.classifier.parameters(),
            mixed_batches(
                own, general, settings.batch_tokens, settings.general_share, settings.seed, settings.draw_scores
            ),
            self._loss,
            total=settings.steps,
            settings=settings.fit,
            state=self._work / "model.pt",
            validation_loss=(lambda: self._validation_loss(validation)) if validation else None,
        )

    def _loss(self, batch: Sequence[Example]) -> torch.Tensor:
        return loss_of(self.model, batch, self._settings.ordinal_loss_weight, self._settings.head_loss_weight)

    def _validation_loss(self, examples: Sequence[Example]) -> float:
        """The mean loss of all tokens, a few texts at a time."""
        self.model.train(False)
        total = tokens = 0.0
        with torch.no_grad():
            for first in range(0, len(examples), VALIDATION_BATCH):
                batch = examples[first : first + VALIDATION_BATCH]
                count = sum(len(example.score) for example in batch)
                total += self._loss(batch).item() * count
                tokens += count
        return total / tokens


def _predict_by_default(texts: _Texts) -> list[torch.Tensor]:
    """As encode.predict, by the model that ships: the score of a word is that of its tokens."""
    logits = []
    documents = Scorer().stream(text.text for text in texts.labels)
    for document, encoding in zip(documents, texts.encodings, strict=True):
        words = np.searchsorted(document.starts, encoding.starts)
        scores = torch.from_numpy(np.repeat(document.scores[words], encoding.counts))
        logits.append(torch.logit(scores / MAX_SCORE, eps=1e-3))
    return logits


def _split_validation(
    own: Sequence[LabeledText], settings: PersonalSettings
) -> tuple[Sequence[LabeledText], Sequence[LabeledText]]:
    """Texts to learn from, and, where there are enough, some to tell when to stop."""
    if len(own) < settings.min_validation_texts:
        return own, []
    return [text for i, text in enumerate(own) if i % VALIDATION], own[::VALIDATION]


def _describe(figures: TextFigures | None) -> str:
    """Figures in a few words."""
    if figures is None:
        return "not measured"
    names = {"3 classes": figures.classes, "AP": figures.ap, "rank correlation": figures.rank_correlation}
    return ", ".join(f"{name} {value:.3f}" for name, value in names.items() if value is not None)


def _notes(start: StartModel, report: PersonalReport, name: str) -> dict[str, object]:
    """How the checkpoint was made, in the form in which recipes tell it."""
    recipe = {
        "name": name,
        "version": "1",
        "license": start.license,
        "corpora": [{"name": f"{report.train_texts} texts of one's own", "license": "license not stated"}],
        "attributions": attribute_weights(start.name, start.license, start.trained_on),
        "model": {"max_tokens": start.max_tokens},
        "training": {"logit_scale": 1.0, "logit_shift": 0.0},
    }
    return {"recipe": recipe, "report": asdict(report), "minutes": round(report.seconds / 60)}
