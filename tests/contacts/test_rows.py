"""Rows that are written in sets meet the same errors as rows that Django writes."""

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from contacts import rows
from contacts.models import Tag
from tests.factories import BusinessFactory

pytestmark = pytest.mark.django_db
SLOW = "SELECT pg_sleep(given.seconds) FROM (VALUES %s) AS given (seconds)"


def test_the_database_s_trouble_is_told_from_the_data_s():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '200ms'")
    with pytest.raises(OperationalError), transaction.atomic():
        rows.update(SLOW, [(5,)])
    with pytest.raises(DataError), transaction.atomic():
        rows.update("SELECT 1 / given.n FROM (VALUES %s) AS given (n)", [(0,)])


@pytest.mark.parametrize("many", [2, rows.MANY])
def test_what_is_there_already_is_said_as_django_says_it(many):
    business = BusinessFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert(Tag, ("business_id", "name"), [(business.pk, "same")] * many)
