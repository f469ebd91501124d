"""Change an ONNX graph: exchange nodes and weights by name."""

import copy

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, numpy_helper
from torch import Tensor

MICROSOFT = "com.microsoft"  # the domain of onnxruntime's own operators


class Graph:
    """The nodes and weights of a model, to be exchanged by name; the model itself stays as it is."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._model = model
        self.nodes = copy.deepcopy(list(model.graph.node))
        self._weights = {tensor.name: tensor for tensor in model.graph.initializer}

    def weights(self, name: str) -> NDArray[np.float32]:
        """A tensor by its name; read-only."""
        array: NDArray[np.float32] = numpy_helper.to_array(self._weights[name])
        return array

    def is_float(self, name: str) -> bool:
        """Whether `name` is that of a tensor of float32."""
        return name in self._weights and self._weights[name].data_type == TensorProto.FLOAT

    def doubles(self, name: str) -> Tensor:
        """A copy of a tensor in float64."""
        return torch.tensor(self.weights(name), dtype=torch.float64)

    def add(self, name: str, values: NDArray[np.generic] | Tensor) -> str:
        """Add a tensor, or put it in the place of the one of that name; returns the name."""
        array = values.numpy() if isinstance(values, Tensor) else values
        self._weights[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def consumer(self, name: str) -> NodeProto:
        """The one node that takes the tensor `name`."""
        consumers: list[NodeProto] = [node for node in self.nodes if name in node.input]
        (node,) = consumers
        return node

    def replace(self, old: NodeProto, *new: NodeProto) -> None:
        """Put other nodes in the place of one."""
        place = next(i for i, node in enumerate(self.nodes) if node is old)
        self.nodes[place : place + 1] = new

    def model(self) -> onnx.ModelProto:
        """A model of the nodes as they are now, with the weights that they use."""
        used = {name for node in self.nodes for name in node.input}
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        del model.graph.node[:], model.graph.initializer[:]
        model.graph.node.extend(self.nodes)
        model.graph.initializer.extend(tensor for name, tensor in self._weights.items() if name in used)
        return model
