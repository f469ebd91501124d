"""Virtual environments of their own, for what cannot be installed beside the tests."""

import os
import subprocess
import sys
from pathlib import Path


def new_environment(folder: Path, *requirements: str | Path) -> Path:
    """Install requirements and what they need into an environment of their own; its folder of programs."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", folder]
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # else pip sees more there
    subprocess.run([*pip, "install", "--quiet", "--no-compile", *requirements], env=variables, check=True)
    return folder / ("Scripts" if sys.platform == "win32" else "bin")
