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
        self._tensors = {tensor.name: tensor for tensor in model.graph.initializer}

    def weights(self, name: str) -> NDArray[np.float32]:
        """A tensor by its name; read-only."""
        found: NDArray[np.float32] = numpy_helper.to_array(self._tensors[name])
        return found

    def is_float(self, name: str) -> bool:
        """Whether `name` is that of a tensor of float32."""
        return name in self._tensors and self._tensors[name].data_type == TensorProto.FLOAT

    def doubles(self, name: str) -> Tensor:
        """A copy of a tensor in float64."""
        return torch.tensor(self.weights(name), dtype=torch.float64)

    def add(self, name: str, values: NDArray[np.generic] | Tensor) -> str:
        """Add a tensor, or put it in the place of the one of that name; the name."""
        array = values.numpy() if isinstance(values, Tensor) else values
        self._tensors[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def reader(self, name: str) -> NodeProto:
        """The one node that takes the tensor `name`."""
        readers: list[NodeProto] = [node for node in self.nodes if name in node.input]
        (found,) = readers
        return found

    def replace(self, old: NodeProto, *new: NodeProto) -> None:
        """Put other nodes in the place of one."""
        place = next(i for i, node in enumerate(self.nodes) if node is old)
        self.nodes[place : place + 1] = new

    def model(self) -> onnx.ModelProto:
        """A model of the nodes as they are now, with the weights that they use."""
        used = {name for node in self.nodes for name in node.input}
        made = onnx.ModelProto()
        made.CopyFrom(self._model)
        del made.graph.node[:], made.graph.initializer[:]
        made.graph.node.extend(self.nodes)
        made.graph.initializer.extend(tensor for name, tensor in self._tensors.items() if name in used)
        return made
