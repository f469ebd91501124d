"""The routes of a review are what the OpenAPI document says of them."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import positive_data_acceptance
from tests.service.reviews import RECORDS
from tests.service.servers import Service, serve

from escore_labels.record import write_records
from escore_service import Limits
from escore_service.openapi import document
from escore_service.review.openapi import review_part

EXAMPLES = 10  # of each operation

description = document(Limits(), token=False, part=review_part(training=True))
schema = schemathesis.openapi.from_dict(description).include(path_regex="review")


@pytest.fixture(scope="module")
def review_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    file = tmp_path_factory.mktemp("review") / "labels.jsonl"
    write_records(file, RECORDS)
    with serve("--review", file, "--train") as service:
        yield service


@schema.exclude(path="/v1/review/training", method="POST").parametrize()  # it would train, again and again
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_an_operation_is_what_it_says(case: schemathesis.Case, review_service: Service) -> None:
    # Whether a span lies in a text, a name is one line, or a training is done, no schema can say.
    url = f"http://127.0.0.1:{review_service.port}"
    case.call_and_validate(base_url=url, excluded_checks=[positive_data_acceptance], timeout=60)


def test_the_document_is_served_as_it_is(review_service: Service) -> None:
    assert review_service.request("GET", "/openapi.json")[1] == description
