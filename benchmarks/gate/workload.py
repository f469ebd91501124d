"""The fixed work of which instructions are counted, stage by stage: a process under callgrind runs this file alone.

The model is a small graph in a bundle of its own (see counts.py), so that its products, which differ by processor, are
no part of any count; the tokenizer is the one that ships. Only escore's own names are used, so that the file also runs
with the code of an older commit.
"""

import ctypes
import gc
import mmap
import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np
import onnxruntime  # noqa: F401  these libraries are no stage: a commit cannot make them slower
import tokenizers  # noqa: F401

# Callgrind's requests (callgrind.h), and valgrind's sign to itself on x86-64 (valgrind.h): rotations that do nothing.
_DUMP, _START, _STOP = 0x43540003, 0x43540004, 0x43540005
_REQUEST = "4889f8 31d2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3"
_page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
_page.write(bytes.fromhex(_REQUEST))
_send = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)(ctypes.addressof(ctypes.c_char.from_buffer(_page)))

SENTENCE = "Angela Merkel met Emmanuel Macron in Paris on Monday to talk about the budget of the European Union ."


def _request(number: int, name: bytes = b"") -> None:
    text = ctypes.c_char_p(name)
    arguments = (ctypes.c_uint64 * 6)(number, ctypes.cast(text, ctypes.c_void_p).value or 0)
    _send(ctypes.addressof(arguments))


def count(stage: str, work: Callable[[], object]) -> None:
    """Count the instructions of `work`, under the name `stage`."""
    gc.collect()  # the collector's next run then depends on this stage alone
    gc.freeze()
    _request(_START)
    work()
    _request(_DUMP, stage.encode())
    _request(_STOP)


def main(bundle: str, sample: str, *stages: str) -> None:
    """Run the work of `stages`, in the order of this function. The rest is done too where they need it, uncounted."""

    def stage(name: str, work: Callable[[], object]) -> None:
        if name in stages:
            count(name, work)

    text = Path(sample).read_text("utf-8")
    lines = text.splitlines()
    (count if "import" in stages else _run)("import", lambda: import_module("escore"))

    from escore import Scorer
    from escore.pipeline.encode import encode_text
    from escore.pipeline.infer import run_window
    from escore.pipeline.pooling import pool
    from escore.pipeline.windows import make_windows

    scorers: list[Scorer] = []
    (count if "open" in stages else _run)("open", lambda: scorers.append(Scorer(bundle, threads=1)))
    scorer = scorers[0]
    scorer(SENTENCE)  # what is made once is made; and no thread, whose end would be counted anywhere
    tokenizer, manifest = scorer.bundle.tokenizer, scorer.bundle.manifest
    cut = partial(make_windows, capacity=manifest.max_tokens - 2, overlap=manifest.overlap)
    infer = partial(run_window, scorer.bundle.session, tokenizer.special_ids, outputs=scorer.bundle.outputs)

    stage("encode", lambda: [list(encode_text(tokenizer, part)) for part in (text, *lines)])
    chunks = list(encode_text(tokenizer, text))
    stage("windows", lambda: [list(cut(iter(chunks))) for _ in range(6)])
    windows = list(cut(iter(chunks)))
    stage("infer", lambda: [infer(window) for _ in range(6) for window in windows])
    tokens = np.concatenate([infer(window) for window in windows])
    counts = np.concatenate([chunk.counts for chunk in chunks])
    stage("pooling", lambda: [pool(counts, tokens) for _ in range(30)])
    stage("call", lambda: [scorer(SENTENCE) for _ in range(30)])
    documents = [scorer(line) for line in lines for _ in range(2)]
    stage("document", lambda: [(document.words, document.entities(200)) for document in documents])
    if "output" in stages or "command" in stages:
        vars(import_module("escore"))["Scorer"] = lambda *_: scorer  # to open it is a stage of its own
        (count if "command" in stages else _run)("command", lambda: _run_command("--help"))
        stage("output", lambda: _run_command("--min=10", "-o", os.devnull, sample))
    os._exit(0)


def _run(_: str, work: Callable[[], object]) -> None:
    work()


def _run_command(*arguments: str) -> None:
    main = import_module("escore_cli.main")
    sys.argv = ["escore", "run", *arguments]
    if main.run_command() != 0:
        os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
