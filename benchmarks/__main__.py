"""`python -m benchmarks COMMAND`: each command is the `main` of a module, whose arguments are its options."""

import os
import sys
from importlib import import_module

import typer

from benchmarks.measure_process import ProcessError
from escore import EscoreError

COMMANDS = {
    "speed": ("speed.suite", "docs/benchmarks.md: speed and memory beside other tools"),
    "history": ("history.suite", "docs/benchmarks/history.md: versions of the model side by side"),
    "compare": ("speed.trees", "this tree against another commit"),
    "gate": ("gate.gate", "the same in instructions, which no noise blurs; against accepted.json or another commit"),
    "batch": ("speed.batch", "docs/how-to/score-a-corpus.md: escore batch beside the bare scorer; memory; Ray"),
    "profile": ("speed.profiling", "docs/background/performance.md: where the time goes"),
    "quality": ("quality.suite", "docs/quality.md: quality beside other taggers"),
    "train-spacy": ("quality.spacy_tagger", "spaCy's pipeline, for speed and quality"),
    "learning-curves": ("quality.learning_curves", "docs/make-it-yours.md: quality by the number of labeled texts"),
    "active-learning": ("quality.active_learning", "docs/decisions.md: texts chosen for review against random ones"),
    "adapt": ("quality.corrections", "docs/how-to/adapt.md: what a few corrections bring without training"),
    "masking": ("quality.masking", "docs/how-to/mask.md: how much is masked that should be, by minimum"),
    "joining": ("ablations.joining", "docs/decisions.md: how words are joined into entities"),
    "windows": ("ablations.windows", "docs/decisions.md: how long windows are, and how far they overlap"),
    "quantization": ("ablations.quantization", "docs/decisions.md: what each step of quantization brings"),
    "frontier": ("ablations.frontier", "docs/decisions.md: speed against quality of several bundles"),
}
# Without what would change a tool's own choice of threads, and without the network.
UNSET = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "ESCORE_THREADS", "ESCORE_MODEL")
SET = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "PYTHONUTF8": "1"}

if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name not in COMMANDS:
        listed = "\n".join(f"  {command:15} {purpose}" for command, (_, purpose) in COMMANDS.items())
        print(f"usage: python -m benchmarks COMMAND [--help]\n\n{listed}")
        sys.exit(0 if name == "--help" else 2)
    for key in UNSET:
        os.environ.pop(key, None)
    os.environ.update(SET)
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(import_module(f"benchmarks.{COMMANDS[name][0]}").main)
    try:
        app(sys.argv[2:], prog_name=f"python -m benchmarks {name}")
    except (EscoreError, ProcessError, OSError) as error:
        sys.exit(f"{name}: {error}")
