"""The model as an ONNX graph: scores on the scale of 0..300, and the encoder's last states for those who ask."""

import logging
import warnings
from pathlib import Path

import torch
from optimum.exporters.onnx import export as optimum_export
from optimum.exporters.onnx.model_configs import RobertaOnnxConfig
from torch import Tensor
from transformers import RobertaForTokenClassification

OPSET = 17  # LayerNormalization is one operator from here on


class Scores(RobertaForTokenClassification):
    """A token classifier whose forward gives what a bundle's graph gives."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """int64 [batch, sequence] twice → scores, float32 [batch, sequence], and hidden, float32 [.., width]."""
        hidden = self.roberta(input_ids, attention_mask=attention_mask)[0]
        return {"scores": 300 * torch.sigmoid(self.classifier(hidden)[..., 0]), "hidden": hidden}


class _ScoresConfig(RobertaOnnxConfig):  # type: ignore[misc]
    @property
    def outputs(self) -> dict[str, dict[int, str]]:
        axes = {0: "batch_size", 1: "sequence_length"}
        return {"scores": axes, "hidden": axes}


def scores_of(model: RobertaForTokenClassification) -> Scores:
    """The same weights with the scale inside; eager attention, which exports to plain operators."""
    config = model.config
    config._attn_implementation = "eager"
    wrapped: Scores = Scores(config)  # type: ignore[no-untyped-call]
    wrapped.load_state_dict(model.state_dict())
    wrapped.train(False)
    return wrapped


def write(model: Scores, path: Path) -> None:
    """Export to ONNX in float32."""
    logging.getLogger("optimum").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer's warnings are about Python values that never change here
        optimum_export(model, _ScoresConfig(model.config, task="token-classification"), path, opset=OPSET)
