"""8-bit weights that no processor saturates, and that change the products least."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from escore.bundle.bundle import DEFAULT
from escore_export.quantization.calibrate import InputStatistics
from escore_export.quantization.channel_splitting import CHANNELS_PER_COPY, count_copies, split_channels
from escore_export.quantization.gptq import MAX_PAIR, MAX_WEIGHT, round_weights
from escore_export.quantization.smoothquant import smoothing_factors


def inputs(channels: int, tokens: int = 400, seed: int = 0) -> Tensor:
    """Correlated, with an outlier channel, as a transformer's are; float64, [tokens, channels]."""
    torch.manual_seed(seed)
    values = torch.randn(tokens, channels // 2, dtype=torch.float64) @ torch.randn(channels // 2, channels).double()
    values += torch.randn(tokens, channels).double()
    values[:, channels // 3] *= 8
    return values


def statistics(values: Tensor) -> InputStatistics:
    return InputStatistics(values.abs().amax(0), values.T @ values / len(values))


def pairs(weights: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    magnitudes = np.abs(weights.astype(int))
    magnitudes = np.concatenate([magnitudes, np.zeros((len(magnitudes) % 2, magnitudes.shape[1]), int)])
    return magnitudes[0::2] + magnitudes[1::2]


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 99), st.sampled_from([1e-6, 1.0, 1e4]))
@settings(deadline=None, max_examples=60)
def test_neighboring_weights_never_saturate(size: int, outputs: int, seed: int, scale: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    weights = scale * torch.randn(size, outputs, generator=generator).double() ** 3  # heavy tails
    values = torch.randn(50, size, generator=generator).double()
    rounded, scales = round_weights(weights, values.T @ values / 50)
    assert rounded.dtype == torch.int8
    assert rounded.shape == weights.shape
    assert scales.shape == (outputs,)
    assert rounded.abs().max() <= MAX_WEIGHT
    assert pairs(rounded.numpy()).max() <= MAX_PAIR


def test_it_changes_the_products_less_than_plain_rounding() -> None:
    values = inputs(96)
    weights = torch.randn(96, 32, dtype=torch.float64)
    rounded, step = round_weights(weights, values.T @ values / len(values))
    plain = torch.round(weights / step) * step
    ours, theirs = (
        (values @ (dequantized - weights)).square().mean() for dequantized in (rounded * step.double(), plain)
    )
    assert ours < 0.5 * theirs


def test_nothing_seen_is_no_failure() -> None:
    rounded, _ = round_weights(torch.ones(6, 2, dtype=torch.float64), torch.zeros(6, 6, dtype=torch.float64))
    assert rounded.abs().max() == 64  # two neighbours share 128 steps
    rounded, _ = round_weights(torch.zeros(6, 2, dtype=torch.float64), torch.eye(6, dtype=torch.float64))
    assert not rounded.any()


def test_smoothing_and_copies_change_no_product() -> None:
    values = inputs(96)
    weights = torch.randn(96, 32, dtype=torch.float64)
    counts = torch.ones(96, dtype=torch.int64)
    counts[values.abs().amax(0).argmax()] = 4
    spread, index = split_channels(statistics(values), counts)
    assert len(index) == 99
    factors = smoothing_factors(spread, weights[index])
    moved = values[:, index] / counts[index] / factors
    assert torch.allclose(moved @ (weights[index] * factors[:, None]), values @ weights)
    smoothed = spread.divide(factors)
    assert torch.allclose(smoothed.max_abs, moved.abs().amax(0))
    assert torch.allclose(smoothed.second_moment, moved.T @ moved / len(moved))
    assert (
        smoothed.max_abs.max() / smoothed.max_abs.median()
        < 0.5 * statistics(values).max_abs.max() / statistics(values).max_abs.median()
    )


def test_the_largest_channels_are_copied() -> None:
    values = torch.ones(1, 1536, dtype=torch.float64)
    values[0, 7] = 20
    counts = count_copies(statistics(values))
    assert int(counts.sum()) - 1536 == 1536 // CHANNELS_PER_COPY
    assert int(counts[7]) in (20, 21)  # from then on it is no larger than the others
    assert count_copies(statistics(torch.ones(1, 64, dtype=torch.float64))).tolist() == [1] * 64


def test_onnxruntime_multiplies_exactly_on_this_processor() -> None:
    """The worst activations there are, 255 each, times every weight matrix of the model that ships."""
    tensors = {tensor.name: tensor for tensor in onnx.load(DEFAULT / "model.onnx").graph.initializer}
    matrices = [numpy_helper.to_array(t) for n, t in tensors.items() if n.endswith("_int8") and "embed" not in n]
    assert len(matrices) == 12
    for weights in matrices:
        assert pairs(weights).max() <= MAX_PAIR
        size, outputs = weights.shape
        node = helper.make_node("MatMulInteger", ["a", "b"], ["c"])
        left = helper.make_tensor_value_info("a", TensorProto.UINT8, [None, size])
        product = helper.make_tensor_value_info("c", TensorProto.INT32, [None, outputs])
        graph = helper.make_graph([node], "product", [left], [product], [numpy_helper.from_array(weights, "b")])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        # All at once, and for each output only those weights that push it to one side: nothing may be cut off.
        activations = np.concatenate([np.full((1, size), 255), 255 * (weights.T > 0), 255 * (weights.T < 0)])
        (products,) = session.run(["c"], {"a": activations.astype(np.uint8)})
        assert (products == activations.astype(float) @ weights.astype(float)).all()  # float64 holds these exactly


def test_the_operators_of_the_bundle_multiply_exactly_too() -> None:
    """DynamicQuantizeMatMul, and QAttention over one token, which gives its value: V of 255 times every weight."""
    model = onnx.load(DEFAULT / "model.onnx")
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for name in [name for name in tensors if name.endswith("_int8") and "embed" not in name]:
        weights = tensors[name]
        size, outputs = weights.shape
        row = 255.0 * (weights[:, -1] > 0)  # for the last output all of one sign; 0 and 255 quantize to themselves
        exact = row @ weights.astype(float)
        ones, zeros = np.ones(outputs, np.float32), np.zeros(outputs, np.int8)
        constants = [numpy_helper.from_array(array, n) for array, n in ((weights, "w"), (ones, "s"), (zeros, "z"))]
        if "Attention" in name:
            exact = exact[-(outputs // 3) :]
            constants.append(numpy_helper.from_array(np.zeros(outputs, np.float32), "b"))
            nodes = [
                helper.make_node("DynamicQuantizeLinear", ["a"], ["q", "qs", "qz"]),
                helper.make_node(
                    "QAttention", ["q", "w", "b", "qs", "s", "", "qz", "z"], ["c"], domain="com.microsoft", num_heads=12
                ),
            ]
        else:
            nodes = [helper.make_node("DynamicQuantizeMatMul", ["a", "w", "s", "z"], ["c"], domain="com.microsoft")]
        left = helper.make_tensor_value_info("a", TensorProto.FLOAT, [1, 1, size])
        product = helper.make_tensor_value_info("c", TensorProto.FLOAT, None)
        graph = helper.make_graph(nodes, "product", [left], [product], constants)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        small = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        session = onnxruntime.InferenceSession(small.SerializeToString(), providers=["CPUExecutionProvider"])
        (products,) = session.run(["c"], {"a": row[None, None].astype(np.float32)})
        assert products[0, 0] == pytest.approx(exact, rel=1e-6)


def test_eight_bits_without_the_rule_would_not_be_exact_everywhere() -> None:
    """What the rule is for: a pair of 127s and activations of 255 pass 32,767."""
    assert 255 * 2 * 127 > 32767 >= 255 * MAX_PAIR


@pytest.mark.parametrize("channels", [32, 768])
def test_scales_are_coarse(channels: int) -> None:
    """Their last bits are zero, so that float64's last bits, which differ between processors, do not show."""
    factors = smoothing_factors(statistics(inputs(channels)), torch.randn(channels, 8, dtype=torch.float64))
    mantissa, _ = torch.frexp(factors)
    assert (mantissa * 256 == torch.round(mantissa * 256)).all()
