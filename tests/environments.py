"""Virtual environments of their own, for what cannot be installed beside the tests."""

import os
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement


def new_environment(folder: Path, *requirements: str | Path) -> Path:
    """Install requirements and what they need into an environment of their own; its folder of programs."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", folder]
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # else pip sees more there
    subprocess.run([*pip, "install", "--quiet", "--no-compile", *requirements], env=variables, check=True)
    return folder / ("Scripts" if sys.platform == "win32" else "bin")


def linked_environment(folder: Path, wheel: Path) -> tuple[Path, set[str]]:
    """Unpack a wheel into an environment of its own, beside links to what it requires, and that requires, from here.

    Returns the folder of programs, without the wheel's own, and the names of what is linked. It takes a tenth of the
    time of `new_environment`.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("**/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    (info,) = site.glob("*.dist-info")
    required, names = list(Distribution.at(info).requires or ()), set[str]()
    while required:
        requirement = Requirement(required.pop())
        if requirement.name in names or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        names.add(requirement.name)
        found = distribution(requirement.name)
        assert requirement.specifier.contains(found.version), requirement
        required += found.requires or ()
        for part in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            link = site / part
            if not link.exists():
                link.symlink_to(Path(str(found.locate_file(part))))
    return folder / ("Scripts" if sys.platform == "win32" else "bin"), names
