"""How fast and how good escore is beside other tools, and the tables of docs/: `python -m benchmarks` lists them."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".bench"  # what takes long to make
