"""The service keeps to its own description: schemathesis plays every documented address against it."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
#: What answers only after a while, or never ends.
WAITING = ("/predict", "/v1/jobs/{job_id}/events", "/v1/jobs/{job_id}/results/{index}/normalized")
#: A busy machine makes the description slowly, once.
PATIENCE_SECONDS = 90
FEW = settings(max_examples=10, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
def test_no_request_that_the_description_allows_is_our_fault(server: tuple[str, int]) -> None:
    address = "http://{}:{}".format(*server)
    described = schemathesis.openapi.from_url(f"{address}/openapi.json", timeout=PATIENCE_SECONDS)
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) > 10
    for operation in operations:
        if operation.path in WAITING:
            continue

        @FEW
        @given(operation.as_strategy())
        def play(case: schemathesis.Case) -> None:
            answer = case.call(base_url=address, timeout=PATIENCE_SECONDS)
            case.validate_response(answer, checks=CHECKS)

        play()
