"""What decides a personal training; docs/decisions.md says what else was tried."""

from dataclasses import dataclass

from escore_training.fit import FitSettings

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
    ordinal_loss_weight: see batches.loss_of.
    head_loss_weight: see batches.loss_of; of models that have heads.
    draw_scores: see batches.mixed_batches.
    averaging_weights: of the new weights in the mean with those of the start, tried from the largest on.
    min_validation_texts: from so many texts on, every tenth tells when to stop early.
    max_class_loss, max_ap_loss: what general text may lose in 3 classes and in average precision.
    """

    steps: int = 150
    batch_tokens: int = 1024
    general_texts: int = 2000
    general_share: float = 0.5
    fit: FitSettings = _FIT
    dropout: float = 0.1
    ordinal_loss_weight: float = 0.3
    head_loss_weight: float = 0.1
    draw_scores: bool = False
    averaging_weights: tuple[float, ...] = (1.0, 0.8, 0.65, 0.5, 0.4, 0.3)
    min_validation_texts: int = 500
    max_class_loss: float = 0.002
    max_ap_loss: float = 0.01
    seed: int = 1
