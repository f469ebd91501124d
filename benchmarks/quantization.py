"""How far each way to quantize moves the scores of a checkpoint: the table of docs/quantization.md.

    python benchmarks/quantization.py CHECKPOINT CORPUS_FILE...

Against the fp32 graph in onnxruntime, words of the corpus files, four sentences a text.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.quantization import QuantType, quantize_dynamic

from escore.encode import encode
from escore.infer import infer
from escore.plan import Window, plan
from escore_export import checkpoint, export, graph, parity, quantize, smooth
from escore_training.corpora import read
from escore_training.texts import join


def main() -> None:
    """Print the table as Markdown."""
    folder, *files = map(Path, sys.argv[1:])
    opened = checkpoint.read(folder)
    first, last = opened.tokenizer.encode("").ids
    ends = (first, last)
    size = (opened.max_tokens, export.OVERLAP)

    texts = [join(d[i : i + 4]).text for path in files for d in read(path) for i in range(0, len(d), 4)]
    with tempfile.TemporaryDirectory() as temporary:
        plain, smoothed, int8 = (Path(temporary) / f"{name}.onnx" for name in ("plain", "smoothed", "int8"))
        model = graph.scores_of(opened.model)
        graph.write(model, plain)
        own = encode(opened.tokenizer, export.VERIFY_ON.read_text("utf-8"))
        smooth.smooth(model, ends, list(plan(own, size[0] - 2, size[1])))
        graph.write(model, smoothed)

        def scores(path: Path) -> tuple[np.ndarray, float]:  # type: ignore[type-arg]
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            session = onnxruntime.InferenceSession(path, options)
            tokens = 0

            def run(window: Window) -> np.ndarray:  # type: ignore[type-arg]
                nonlocal tokens
                tokens += len(window.ids)
                return infer(session, ends, window)

            started = time.process_time()
            found = np.concatenate([parity.score(opened.tokenizer, run, text, *size) for text in texts])
            return found, tokens / (time.process_time() - started)

        def whole(bits: int) -> Callable[[Path, Path], None]:
            def run(source: Path, target: Path) -> None:
                quantize_dynamic(source, target, per_channel=True, reduce_range=bits == 7, weight_type=QuantType.QInt8)

            return run

        reference, speed = scores(plain)
        print("| graph | mean | 99th percentile | marks changed | MB | tokens/s, one core |\n|---|---|---|---|---|---|")
        print(f"| fp32 | – | – | – | {plain.stat().st_size / 1e6:.1f} | {speed:,.0f} |")
        for name, source, make in [
            ("8 bits, as onnxruntime does it", plain, whole(8)),
            ("7 bits, as onnxruntime does it", plain, whole(7)),
            ("7 bits, embeddings by row", plain, quantize.quantize),
            ("the same, smoothed first (the default)", smoothed, quantize.quantize),
        ]:
            make(source, int8)
            found, speed = scores(int8)
            measured = parity.measure(reference, found, 0.0, export.MARKS)
            figures = f"{measured.mean:.2f} | {measured.p99:.1f} | {measured.marks_changed:.2%}"
            print(f"| {name} | {figures} | {int8.stat().st_size / 1e6:.1f} | {speed:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
