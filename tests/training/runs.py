"""Trainings that run in this process, and one that is really killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch
from tests.training.corpora import SMOKE

from escore_training.recipe import load_recipe
from escore_training.train import run_recipe

ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}  # sums, and so weights, may depend on the number of threads


def train_here(folder: Path, recipe: str, output: str, init: str | None = None) -> None:
    """What `train_command` does, in this process, which has torch loaded already; torch is left as it was."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        run_recipe(load_recipe(folder / recipe), SMOKE, folder / output, None if init is None else folder / init)
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(False)


def train_command(recipe: str, output: str, init: str | None = None) -> list[str]:
    start = [] if init is None else ["--from", init]
    return [sys.executable, "-m", "escore_cli", "train", recipe, "--corpora", str(SMOKE), "-o", output, *start]


def kill_when(state: Path, command: list[str], folder: Path) -> None:
    """Run a command in `folder` and kill it as soon as it has written `state`, a file."""
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL, env=ENVIRONMENT) as process:
        ends = time.monotonic() + 240
        while not state.exists() and process.poll() is None and time.monotonic() < ends:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert state.exists()
