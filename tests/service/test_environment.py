"""Every option of `escore serve` may be given as an environment variable."""

import json
import re
from pathlib import Path

import pytest
from tests.conftest import Run
from tests.service.servers import serve


def test_every_option_names_its_variable(escore_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    shown = escore_here("serve", "--help").stdout.decode()
    for option in shown.split("\n  -")[1:-1]:  # all but --help
        name = re.match(r"-([a-z-]+)", option)
        assert name is not None
        variable = re.search(r"env var: ESCORE_(?:SERVE_)?(\w+)", re.sub(r"\s+", " ", option))
        assert variable is not None, option
        assert variable[1] == name[1].upper().replace("-", "_")


def test_variables_are_read(tmp_path: Path) -> None:
    log = tmp_path / "access.jsonl"
    variables = {"ESCORE_SERVE_ACCESS_LOG": str(log), "ESCORE_SERVE_ALLOW_HOST": "a.example b.example"}
    variables |= {"ESCORE_SERVE_FEEDBACK": str(tmp_path / "corrections.db"), "ESCORE_DEVICE": "cpu"}
    with serve(**variables) as service:
        for host, status in (("a.example", 200), ("b.example", 200), ("c.example", 400)):
            assert service.request("GET", "/v1/model", headers={"Host": host})[0] == status
        assert service.request("GET", "/v1/model")[1]["feedback"] is True
    assert [json.loads(line)["status"] for line in log.read_text().splitlines()] == [200, 200, 400, 200]


def test_an_empty_variable_is_not_set_and_the_command_line_goes_first(tmp_path: Path) -> None:
    empty = dict.fromkeys(("ESCORE_SERVE_HOST", "ESCORE_SERVE_QUEUE", "ESCORE_SERVE_OPEN", "ESCORE_DEVICE"), "")
    log = str(tmp_path / "missing" / "access.jsonl")
    with serve("--access-log", tmp_path / "a", **empty, ESCORE_SERVE_PORT="1", ESCORE_SERVE_ACCESS_LOG=log) as service:
        assert service.request("GET", "/healthz")[0] == 200


def test_a_wrong_value_names_the_variable(escore_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCORE_SERVE_PORT", "tcp://10.0.0.1:8300")
    done = escore_here("serve")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"ESCORE_SERVE_PORT" in done.stderr
