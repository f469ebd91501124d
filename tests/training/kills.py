"""A training that is really killed."""

import signal
import subprocess
import time
from pathlib import Path


def kill_when(state: Path, command: list[str], folder: Path) -> None:
    """Run a command in `folder` and kill it as soon as it has written `state`, a file."""
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as process:
        ends = time.monotonic() + 240
        while not state.exists() and process.poll() is None and time.monotonic() < ends:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert state.exists()
