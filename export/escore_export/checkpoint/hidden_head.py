"""A last layer with a hidden layer before it, as transformers' classifiers of whole texts have."""

from typing import Any

import torch
from torch import Tensor
from transformers.models.roberta.modeling_roberta import RobertaClassificationHead


class HiddenHead(RobertaClassificationHead):
    """transformers' RobertaClassificationHead for each token, where that one takes a text's first alone."""

    def forward(self, features: Tensor, **_: Any) -> Tensor:
        """The logits of tokens ([batch, sequence, outputs]) of their hidden states ([batch, sequence, width])."""
        logits: Tensor = self.out_proj(torch.tanh(self.dense(features)))
        return logits
