"""Whether escore works with the oldest and the newest versions that pyproject.toml allows: `make floors`.

python -m tests.dependencies floor [EXTRA,...]
python -m tests.dependencies newest [EXTRA,...]

Makes an environment of its own, says what was installed, and runs tests there. Extras with torch pin its version, and
are left out.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXTRAS = ("zstd", "evaluate", "watch", "serve", "batch")
TOOLS = ("pytest>=9", "hypothesis>=6.100", "playwright>=1.55")
TESTS = (
    "tests/cli/test_start.py", "tests/cli/test_run.py", "tests/cli/test_mask.py", "tests/cli/test_mask_map.py",
    "tests/runtime/test_scorer.py", "tests/runtime/test_scorer_errors.py", "tests/runtime/test_words.py",
    "tests/labels/test_formats.py", "tests/evaluation/test_evaluate_command.py", "tests/monitor",
    "tests/service/test_api.py", "tests/batch/test_inputs.py", "tests/batch/test_bad_input.py",
)  # fmt: skip
ADAPTER_TESTS = ("tests/integrations", "tests/labels/test_formats.py")  # of the extras spacy and presidio
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)>=(?P<floor>[\w.]+)")


def floors(extras: tuple[str, ...]) -> list[str]:
    """Each dependency of the base install and of extras at the oldest version that is allowed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    requirements = [*project["dependencies"], *(r for name in extras for r in project["optional-dependencies"][name])]
    matches = [_REQUIREMENT.match(requirement) for requirement in requirements]
    return sorted({f"{match['name']}=={match['floor']}" for match in matches if match})


def check(which: str, extras: tuple[str, ...]) -> int:
    """Install escore with the "floor" or the "newest" of all it needs, and run the tests; the exit code of pytest."""
    pins = floors(extras) if which == "floor" else []
    tests = TESTS if extras == EXTRAS else ADAPTER_TESTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = folder / "bin" / "python"
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", f"{ROOT}[{','.join(extras)}]", *pins, *TOOLS], check=True)
        subprocess.run([*pip, "freeze", "--exclude", "escore"], check=True)
        # Old versions warn of things to come, which is no error here.
        command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "filterwarnings=default", *tests]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in ("floor", "newest"):
        sys.exit("usage: python -m tests.dependencies floor|newest [EXTRA,...]")
    sys.exit(check(sys.argv[1], tuple(sys.argv[2].split(",")) if len(sys.argv) == 3 else EXTRAS))
