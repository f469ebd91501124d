"""The checkpoint as a torch module that gives what a bundle's graph gives."""

import copy

import torch
from torch import Tensor
from transformers import RobertaConfig, RobertaForTokenClassification

from escore_export.checkpoint.config import heads_of
from escore_export.checkpoint.outputs import Logits, Outputs


class ScoringModel(RobertaForTokenClassification):
    """A token classifier that gives scores on the scale of 0..300, and the encoder's last states.

    It has one token type, whose embedding is part of its position embeddings (see `make_scoring_model`): this leaves
    an embedding that onnxruntime can fuse.

    outputs: how the scores, and the heads that there are, come from the logits.
    """

    outputs: Outputs

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """Score tokens; both arguments are int64, [batch, sequence].

        scores: float32, [batch, sequence], 0..300.
        joins: float32, [batch, sequence], 0..1; where the model has such a head.
        kinds: float32, [batch, sequence, 4], 0..1; where the model has such a head.
        hidden: float32, [batch, sequence, width].

        Positions are RoBERTa's: that of the n-th token that is no padding is padding_idx + n.
        """
        embeddings = self.roberta.embeddings
        real = input_ids.ne(embeddings.padding_idx).int()
        positions = (torch.cumsum(real, 1).type_as(real) * real).long() + embeddings.padding_idx
        words = embeddings.word_embeddings(input_ids)
        embedded = embeddings.LayerNorm(words + embeddings.position_embeddings(positions))
        mask = self.roberta.get_extended_attention_mask(attention_mask, input_ids.shape)
        hidden = self.roberta.encoder(embedded, attention_mask=mask)[0]
        return self.outputs(self.classifier(hidden)) | {"hidden": hidden}

    @property
    def heads(self) -> tuple[str, ...]:
        """Those of HEADS that the model has, in their order."""
        return self.outputs.heads


def make_scoring_model(model: RobertaForTokenClassification, outputs: Outputs | None = None) -> ScoringModel:
    """A ScoringModel with the weights of `model`; its attention is eager, which exports to plain operators.

    `outputs` says what its logits mean; None: what escore's own do.
    """
    config = RobertaConfig.from_dict(model.config.to_dict())
    config._attn_implementation = "eager"
    scoring_model: ScoringModel = ScoringModel(config)  # type: ignore[no-untyped-call]
    scoring_model.classifier = copy.deepcopy(model.classifier)
    scoring_model.outputs = outputs or Logits(heads_of(model.config))
    scoring_model.load_state_dict(model.state_dict())
    embeddings = scoring_model.roberta.embeddings
    with torch.no_grad():
        embeddings.position_embeddings.weight += embeddings.token_type_embeddings.weight[0]
    scoring_model.train(False)
    return scoring_model
