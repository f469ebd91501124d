"""`escore serve` at the command line: its help, and what it refuses before it listens."""

import subprocess
import sys

import pytest
from tests.conftest import Run


def test_the_help_tells_each_default_and_ends_with_examples(escore_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    shown = escore_here("serve", "--help").stdout.decode()
    assert shown.rstrip().splitlines()[-1].strip().startswith("escore serve ")
    options = shown.split("\n  -")[1:-1]  # all but --help
    assert len(options) >= 17
    for option in options:
        assert "default" in option, option


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "65536"], "'--port'"),
        (["--port", "x"], "'--port'"),
        (["--queue", "-1"], "'--queue'"),
        (["--grace", "-1"], "'--grace'"),
        (["--grace", "nan"], "'nan' is not a number of seconds from 0 to 3600"),
        (["--grace", "inf"], "'--grace'"),
        (["--grace", "x"], "'--grace'"),
        (["--allow-host", "http://a.org"], "'http://a.org' is not the name of a host"),
        (["--allow-host", ""], "'--allow-host'"),
        (["--threads", "0"], "'--threads'"),
        (["--token", ""], "'--token'"),
        (["--token", "two words"], "'--token'"),
        (["--token", "gehe\xedm"], "'--token'"),
        (["--host", "0.0.0.0", "--port", "0"], "'--host': 0.0.0.0 lets other machines in"),  # noqa: S104
        (["--host", "::", "--port", "0"], "'--host': :: lets other machines in"),
    ],
)
def test_wrong_use_is_said_in_one_line(
    escore_here: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.delenv("ESCORE_TOKEN", raising=False)
    result = escore_here("serve", *arguments)
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.count(b"\n") == 1
    assert message in result.stderr.decode()


def test_without_the_extra_it_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['flask'] = None; sys.argv[1:] = ['serve']; from escore_cli.main import main; main()"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    advice = "in the folder of escore's source: pip install -c constraints.txt '.[serve]'"
    assert result.stderr == f"escore: flask is not installed; {advice}\n"


def test_the_token_may_come_from_the_environment_only_if_it_is_one(
    escore_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESCORE_TOKEN", "two words")
    result = escore_here("serve", "--port", "0")
    assert result.returncode == 2
    assert b"visible ASCII" in result.stderr
    assert b"two words" not in result.stderr
    monkeypatch.setenv("ESCORE_TOKEN", "")  # as from a secret that is missing
    result = escore_here("serve", "--port", "0")
    assert (result.returncode, result.stderr.count(b"\n")) == (2, 1)
    assert b"ESCORE_TOKEN: it is set, and empty" in result.stderr
