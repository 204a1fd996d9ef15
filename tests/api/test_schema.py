"""The OpenAPI schema is valid, complete, and open to everybody."""

import io

from django.core.management import call_command


def test_the_schema_is_valid_and_nothing_in_it_is_guessed():
    out = io.StringIO()
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out, stderr=out
    )
