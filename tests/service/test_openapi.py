"""The service is what its OpenAPI document says: schemathesis asks what it allows, and what it forbids, and a client is
made of it.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import positive_data_acceptance
from tests.environments import new_environment
from tests.service.servers import TOKEN, Service

from escore_service import Limits
from escore_service.openapi import document

GENERATOR = "openapi-python-client==0.29.1"  # needs an older typer than escore is tested with
EXAMPLES = 25  # of each operation

description = document(Limits(), token=True)
with_text = document(Limits(), token=True)  # and a body that generators of clients do not know
with_text["paths"]["/v1/score"]["post"]["requestBody"]["content"]["text/plain"] = {"schema": {"type": "string"}}
schema = schemathesis.openapi.from_dict(with_text)

CLIENT = """
import sys
from client import AuthenticatedClient
from client.api.feedback import correct, corrections_of_text, undo_correction
from client.api.score import score
from client.api.service import health
from client.models import NewCorrection, NewCorrectionLabel, TextQuery, TextsQuery

with AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2]) as client:
    print(health.sync(client=client).status)
    answer = score.sync(client=client, body=TextQuery(text="Joe Biden spoke.", min_=200, entities=True))
    print([entity.text for entity in answer.documents[0].entities])
    new = NewCorrection(text="Oslo", start=0, end=4, label=NewCorrectionLabel.NONE, score=290.0)
    correction = correct.sync(client=client, body=new)
    stored = corrections_of_text.sync(client=client, text_sha256=correction.text_sha256)
    print([item.label.value for item in stored.corrections])
    print(undo_correction.sync_detailed(id=correction.id, client=client).status_code.value)
    print(score.sync(client=client, body=TextsQuery(texts=["Oslo"] * 1025)).error)
"""


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_an_operation_is_what_it_says(case: schemathesis.Case, token_service: Service) -> None:
    url, headers = f"http://127.0.0.1:{token_service.port}", {"Authorization": f"Bearer {TOKEN}"}
    # A span must lie inside its text, which no schema can say: there, what is allowed may be refused.
    excluded = [positive_data_acceptance] if case.operation.label == "POST /v1/feedback" else []
    case.call_and_validate(base_url=url, headers=headers, excluded_checks=excluded, timeout=60)


def test_the_document_is_served_as_it_is(token_service: Service) -> None:
    assert token_service.request("GET", "/openapi.json")[1] == description


def test_every_operation_has_an_id_of_its_own_and_a_tag_that_is_described() -> None:
    operations = [operation for path in description["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)
    assert all(name.isidentifier() for name in ids)
    assert {tag for operation in operations for tag in operation["tags"]} == {
        tag["name"] for tag in description["tags"]
    }


@pytest.mark.long
def test_a_client_is_made_of_it_without_a_warning_and_works(token_service: Service, tmp_path: Path) -> None:
    python = new_environment(tmp_path / "env", GENERATOR) / "python"
    (tmp_path / "openapi.json").write_text(json.dumps(token_service.request("GET", "/openapi.json")[1]))
    command = ["generate", "--path", "openapi.json", "--meta", "none", "--output-path", "client", "--fail-on-warning"]
    code, output = run([python, "-m", "openapi_python_client", *command], tmp_path)
    assert (code, "arning" in output) == (0, False), output
    code, output = run([python, "-c", CLIENT, f"http://127.0.0.1:{token_service.port}", TOKEN], tmp_path)
    assert output.splitlines() == [
        "ok",
        "['Joe Biden']",
        "['none']",
        "204",
        "texts holds 1025; at most 1024 are scored at once",
    ]


def run(command: list[str | Path], folder: Path) -> tuple[int, str]:
    """Exit code and output of a program that sees no packages but those of its own environment."""
    variables = {"PATH": f"{Path(command[0]).parent}:{os.environ['PATH']}"}  # the generator calls its ruff
    done = subprocess.run(
        command, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False
    )
    return done.returncode, done.stdout.decode()
