"""The service is what its OpenAPI document says: schemathesis asks what it allows, and what it forbids."""

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import positive_data_acceptance
from tests.service.servers import TOKEN, Service

from escore_service import Limits
from escore_service.openapi import document

EXAMPLES = 25  # of each operation

schema = schemathesis.openapi.from_dict(document(Limits(), token=True))


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_an_operation_is_what_it_says(case: schemathesis.Case, token_service: Service) -> None:
    url, headers = f"http://127.0.0.1:{token_service.port}", {"Authorization": f"Bearer {TOKEN}"}
    # A span must lie inside its text, which no schema can say: there, what is allowed may be refused.
    excluded = [positive_data_acceptance] if case.operation.label == "POST /v1/feedback" else []
    case.call_and_validate(base_url=url, headers=headers, excluded_checks=excluded, timeout=60)


def test_the_document_is_served_as_it_is(token_service: Service) -> None:
    assert token_service.request("GET", "/openapi.json")[1] == document(Limits(), token=True)
