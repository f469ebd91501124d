"""A model of one's own: records in, a checkpoint out, with figures of before and after."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from escore.atomic import resolve_output
from escore_labels.adjudicate import to_labeled_text
from escore_labels.general import general_records, general_sentences
from escore_labels.record import MODEL, Record, RecordError, render_record
from escore_labels.split import is_held_out
from escore_labels.texts import LabeledText
from escore_training.fit import FitSettings, fit, make_deterministic
from escore_training.model.finetune import attribute_weights, average_weights
from escore_training.personal.examples import Example, loss_of, make_examples, mixed_batches
from escore_training.personal.measure import TextFigures, measure
from escore_training.personal.start import StartModel, open_start
from escore_training.work import check_output, work_folder, write_checkpoint

_FIT = FitSettings(
    learning_rate=5e-4, head_lr_factor=2.0, weight_decay=0.01, schedule="cosine", warmup_ratio=0.05, save_steps=50
)


@dataclass(frozen=True, slots=True)
class PersonalSettings:
    """What decides a personal training.

    steps, batch_tokens: batches, and pieces in each.
    general_texts: how many general sentences there are to draw from, at most.
    general_share: of each batch that is general text, with the starting model's own scores as targets (0..1).
    fit: see FitSettings.
    dropout: of hidden states.
    ordinal_loss_weight: see examples.loss_of.
    averaging_weights: of the new weights in the mean with those of the start, tried from the largest on.
    max_class_loss, max_ap_loss: what general text may lose in 3 classes and in average precision.
    """

    steps: int = 150
    batch_tokens: int = 1024
    general_texts: int = 2000
    general_share: float = 0.5
    fit: FitSettings = _FIT
    dropout: float = 0.1
    ordinal_loss_weight: float = 0.3
    averaging_weights: tuple[float, ...] = (1.0, 0.8, 0.6, 0.4)
    max_class_loss: float = 0.003
    max_ap_loss: float = 0.01
    seed: int = 1


@dataclass(frozen=True, slots=True)
class PersonalReport:
    """What a personal training did: texts, corrected words, the averaging weight, figures before and after.

    own_before, own_after are None where no text is held out.
    """

    train_texts: int
    held_out_texts: int
    corrections: int
    averaging_weight: float
    own_before: TextFigures | None
    own_after: TextFigures | None
    general_before: TextFigures
    general_after: TextFigures
    seconds: float


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

    start_from: "default", or the folder of a bundle or a checkpoint.
    name: of the new model.
    unlabeled: texts of the person's that keep their scores, beside the general ones.
    prefer: the person whose labels win where two differ; without it such words are left open.

    A killed training continues from its last save. Raises what Bundle.open raises, CheckpointError, RecordError for
    records that teach nothing, and OutputError.
    """
    settings = settings or PersonalSettings()
    output = resolve_output(output)
    check_output(output)
    held_out = [record for record in records if is_held_out(record)]
    learned = [record for record in records if not is_held_out(record)]
    if not any(_says_something(record) for record in learned):
        raise RecordError(
            f"none of the {len(learned)} texts to train on has a label or is reviewed", "label or review some first"
        )
    make_deterministic()
    start = open_start(start_from, settings.dropout)
    inputs = {
        "records": _sha256(render_record(record) for record in records),
        "unlabeled": _sha256(unlabeled),
        "start": start.sha256,
        "prefer": prefer,
        "name": name,
        "settings": asdict(settings),
    }
    with work_folder(output, json.dumps(inputs, indent=2)) as work:
        training = _Training(start, settings, work)
        own = [to_labeled_text(record, prefer) for record in learned]
        report = training.run(own, [to_labeled_text(record, prefer) for record in held_out], unlabeled)
        write_checkpoint(work, training.model, start.tokenizer_json.encode(), _notes(start, report, name))
    return report


def _says_something(record: Record) -> bool:
    return record.reviewed or any(span.by != MODEL for span in record.spans)


def _sha256(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


class _Training:
    """One training: the starting model, which stays as it is, and the one that learns."""

    def __init__(self, start: StartModel, settings: PersonalSettings, work: Path) -> None:
        self._start, self._settings, self._work = start, settings, work
        self._tokenizer = start.tokenizer
        self._before = {name: value.clone() for name, value in start.model.state_dict().items()}
        self.model = start.model

    def run(
        self, own: Sequence[LabeledText], held_out: Sequence[LabeledText], unlabeled: Sequence[str]
    ) -> PersonalReport:
        """Predict, learn, and choose the weights' mean."""
        settings = self._settings
        general_gold = [to_labeled_text(record) for record in general_records()]
        own_before = self._measure(held_out) if held_out else None
        general_before = self._measure(general_gold)
        examples = self._examples(own)
        general = self._examples(
            [_open_text(text) for text in (*general_sentences()[: settings.general_texts], *unlabeled)]
        )
        seconds = self._fit(examples, general)
        learned = {name: value.clone() for name, value in self.model.state_dict().items()}
        for weight in settings.averaging_weights:
            self.model.load_state_dict(learned)
            average_weights(self.model, self._before, weight)
            general_after = self._measure(general_gold)
            if _is_kept(general_before, general_after, settings):
                break
        return PersonalReport(
            train_texts=len(own),
            held_out_texts=len(held_out),
            corrections=sum(example.corrections for example in examples),
            averaging_weight=weight,
            own_before=own_before,
            own_after=self._measure(held_out) if held_out else None,
            general_before=general_before,
            general_after=general_after,
            seconds=seconds,
        )

    def _examples(self, texts: Sequence[LabeledText]) -> list[Example]:
        return make_examples(texts, self.model, self._tokenizer, self._start.max_tokens)

    def _measure(self, texts: Sequence[LabeledText]) -> TextFigures:
        return measure(self.model, self._tokenizer, texts, self._start.max_tokens)

    def _fit(self, own: Sequence[Example], general: Sequence[Example]) -> float:
        settings = self._settings
        torch.manual_seed(settings.seed)
        return fit(
            "training",
            self.model,
            self.model.classifier.parameters(),
            mixed_batches(own, general, settings.batch_tokens, settings.general_share, settings.seed),
            lambda batch: loss_of(self.model, batch, settings.ordinal_loss_weight),
            total=settings.steps,
            settings=settings.fit,
            state=self._work / "model.pt",
        )


def _open_text(text: str) -> LabeledText:
    """A text about whose words nothing is said."""
    return to_labeled_text(Record(text=text))


def _is_kept(before: TextFigures, after: TextFigures, settings: PersonalSettings) -> bool:
    """Whether general text lost no more than the settings allow."""
    lost_classes = (before.classes or 0.0) - (after.classes or 0.0)
    lost_ap = (before.ap or 0.0) - (after.ap or 0.0)
    return lost_classes <= settings.max_class_loss and lost_ap <= settings.max_ap_loss


def _notes(start: StartModel, report: PersonalReport, name: str) -> dict[str, object]:
    """How the checkpoint was made, in the form in which recipes tell it."""
    recipe = {
        "name": name,
        "version": "1",
        "license": start.license,
        "corpora": [{"name": f"{report.train_texts} texts of one's own", "license": "not stated"}],
        "attributions": attribute_weights(start.name, start.license, start.trained_on),
        "model": {"max_tokens": start.max_tokens},
        "training": {"logit_scale": 1.0, "logit_shift": 0.0},
    }
    return {"recipe": recipe, "report": asdict(report), "minutes": round(report.seconds / 60)}
