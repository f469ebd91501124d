"""A smaller model from a larger one: fewer layers, and fewer neurons in what is left of them."""

from torch import Tensor, nn
from transformers import RobertaConfig, RobertaForTokenClassification

from escore_training.recipe import Model, RecipeError


def prune(model: RobertaForTokenClassification, size: Model) -> None:
    """Keep the first layers, and the most important neurons of each, as many as `size` says.

    A neuron of a feed-forward layer counts for the product of the norms of its incoming and outgoing weights (magnitude
    pruning of whole units; Li et al. 2017, "Pruning Filters for Efficient ConvNets"). Raises RecipeError as check_size.
    """
    check_size(model.config, size)
    encoder = model.roberta.encoder
    encoder.layer = encoder.layer[: size.layers]
    if size.intermediate_size < model.config.intermediate_size:
        for layer in encoder.layer:
            incoming, outgoing = layer.get_submodule("intermediate.dense"), layer.get_submodule("output.dense")
            assert isinstance(incoming, nn.Linear)
            assert isinstance(outgoing, nn.Linear)
            _keep_neurons(incoming, outgoing, size.intermediate_size)
    model.config.num_hidden_layers = size.layers
    model.config.intermediate_size = size.intermediate_size


def check_size(config: RobertaConfig, size: Model) -> None:
    """Raise RecipeError where `size` is larger than a model with this config."""
    for name, wanted, largest in (
        ("layers", size.layers, config.num_hidden_layers),
        ("intermediate_size", size.intermediate_size, config.intermediate_size),
    ):
        if wanted > largest:
            problem = f"model.{name}: {wanted}, but the model to start from has {largest}"
            raise RecipeError(problem, f"give at most {largest}")


def _keep_neurons(incoming: nn.Linear, outgoing: nn.Linear, count: int) -> None:
    importance: Tensor = incoming.weight.norm(dim=1) * outgoing.weight.norm(dim=0)
    kept = importance.topk(count).indices.sort().values
    incoming.weight = nn.Parameter(incoming.weight[kept].detach().clone())
    incoming.bias = nn.Parameter(incoming.bias[kept].detach().clone())
    outgoing.weight = nn.Parameter(outgoing.weight[:, kept].detach().clone())
    incoming.out_features = outgoing.in_features = count
