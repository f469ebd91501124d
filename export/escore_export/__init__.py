"""From a checkpoint to a bundle that is checked against it."""

import escore  # noqa: F401  first, since it keeps onnxruntime from reporting its use over the network
