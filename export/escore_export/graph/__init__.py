"""The checkpoint as an ONNX graph, fused, and checked against what a bundle promises."""
