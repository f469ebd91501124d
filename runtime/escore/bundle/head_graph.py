"""Add a personal head to an ONNX graph in memory, so that onnxruntime computes it with the model, on any device.

Protocol Buffers merge messages that stand one after the other: their repeated fields are joined. So bytes that hold
new nodes, tensors and an output, put behind those of a model, are the model with these added. Field numbers are those
of onnx.proto (IR version 8); operators are of opset 13 or newer.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from escore.bundle.personal_head import BasisNetwork, HeadArrays
from escore.bundle.session import OUTPUT
from escore.scale import MAX_SCORE

PERSONAL_OUTPUT = "personal_scores"
_PREFIX = "personal_head/"  # of the names of all that is added
_LARGEST_CHANGE = 30.0  # of a logit, so that its exponential is finite
_FLOAT, _INT64 = 1, 7  # TensorProto.DataType
_INT = 2  # AttributeProto.AttributeType


def add_head(model: bytes, head: HeadArrays) -> bytes:
    """The model with the output `personal_scores` (float32, [batch, sequence], 0..300) beside those that it has.

    From `scores`, `hidden` and `attention_mask`, by the formula of personal_head.py.
    """
    graph = _Graph()
    last = graph.tensor(np.array([-1]))
    mask = graph.node("Unsqueeze", graph.node("Cast", "attention_mask", to=_FLOAT), graph.tensor(np.array([1])))
    mean = graph.node("Div", graph.node("MatMul", mask, "hidden"), graph.node("ReduceSum", mask, last))
    gate = graph.node("Sigmoid", _network(graph, head.gate, mean, last))
    limits = (graph.scalar(-_LARGEST_CHANGE), graph.scalar(_LARGEST_CHANGE))
    change = graph.node("Clip", graph.node("Mul", _network(graph, head.change, "hidden", last), gate), *limits)
    # s = 300 / (1 + odds), and the odds against it change by exp(-change); a score of 0 or 300 stays one.
    most = graph.scalar(MAX_SCORE)
    odds = graph.node("Div", graph.node("Sub", most, OUTPUT), OUTPUT)
    odds = graph.node("Mul", odds, graph.node("Exp", graph.node("Neg", change)))
    graph.node("Div", most, graph.node("Add", odds, graph.scalar(1.0)), output=PERSONAL_OUTPUT)
    return model + _message(7, graph.content + _output(PERSONAL_OUTPUT))  # ModelProto.graph


def _network(graph: "_Graph", network: BasisNetwork, states: str, last: str) -> str:
    """The name of f(states) ([batch, sequence]) of states ([batch, sequence, width])."""
    projected = graph.node("MatMul", states, graph.tensor(network.projection))
    projected = graph.node("Add", projected, graph.tensor(network.offset))
    length = graph.node("Sqrt", graph.node("ReduceSum", graph.node("Mul", projected, projected), last))
    direction = graph.node("Div", projected, graph.node("Add", length, graph.scalar(1e-6)))
    # |z - c|² = 1 + |c|² - 2 z·c
    products = graph.node("MatMul", direction, graph.tensor(2 * network.centers.T))
    offsets = graph.tensor(-1 - (network.centers * network.centers).sum(1))
    basis = graph.node("Exp", graph.node("Add", products, offsets))
    value = graph.node("MatMul", basis, graph.tensor(network.weights[:, None]))
    return graph.node("Squeeze", graph.node("Add", value, graph.tensor(network.bias)), last)


class _Graph:
    """The nodes and tensors that are added, as fields of a GraphProto."""

    def __init__(self) -> None:
        self.content = b""
        self._names = 0

    def node(self, operator: str, *inputs: str, output: str = "", **attributes: int) -> str:
        """Add a node; the name of its output."""
        output = output or self._name()
        content = b"".join(_message(1, name.encode()) for name in inputs)
        content += _message(2, output.encode()) + _message(3, f"{_PREFIX}{output}".encode())
        content += _message(4, operator.encode())
        for name, value in attributes.items():
            content += _message(5, _message(1, name.encode()) + _number(3, value) + _number(20, _INT))
        self.content += _message(1, content)
        return output

    def tensor(self, array: NDArray[np.float32] | NDArray[np.int64]) -> str:
        """Add a tensor of float32 or int64; its name."""
        name, is_int = self._name(), array.dtype == np.int64
        content = b"".join(_number(1, size) for size in array.shape) + _number(2, _INT64 if is_int else _FLOAT)
        data = np.ascontiguousarray(array, "<i8" if is_int else "<f4").tobytes()
        self.content += _message(5, content + _message(8, name.encode()) + _message(9, data))
        return name

    def scalar(self, value: float) -> str:
        """Add a number; its name."""
        return self.tensor(np.array(value, np.float32))

    def _name(self) -> str:
        self._names += 1
        return f"{_PREFIX}{self._names}"


def _output(name: str) -> bytes:
    """GraphProto.output: float32, [batch, sequence]."""
    shape = _fields(1, [_message(2, size) for size in (b"batch", b"sequence")])
    tensor = _number(1, _FLOAT) + _message(2, shape)
    return _message(12, _message(1, name.encode()) + _message(2, _message(1, tensor)))


def _fields(field: int, contents: Sequence[bytes]) -> bytes:
    return b"".join(_message(field, content) for content in contents)


def _message(field: int, content: bytes) -> bytes:
    """A field of type bytes, string or message."""
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    """A field of an integer type."""
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    """A number that is not negative in groups of 7 bits, the lowest first."""
    groups = [value & 0x7F | 0x80]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    groups[-1] &= 0x7F
    return bytes(groups)
