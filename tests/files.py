"""Files as a system keeps them, below a folder of a test's own."""

from pathlib import Path


def write(root: Path, files: dict[str, str]) -> Path:
    """Write texts by their paths below `root`, which is given back."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
