"""A connection's page says which addresses Twilio is to be given."""

import pytest

from contacts import locks
from messaging.models import Connection, ListReading
from tests.desk.conftest import connect

pytestmark = pytest.mark.django_db


def test_twilios_page_names_them_and_that_of_email_does_not(clinic, signed_in, settings):
    connect(clinic.business)
    by_channel = {one.channel: one.pk for one in Connection.objects.filter(business=clinic.business)}
    client = signed_in("enterprise")
    page = client.get(f"/admin/connections/{by_channel['sms']}/").content.decode()
    for path in ("message#rc=5&amp;rp=all", "voice#rc=5&amp;rp=all"):
        assert f"{settings.HEED_BASE_URL}/hooks/twilio/{by_channel['sms']}/{path}" in page
    assert "/hooks/" not in client.get(f"/admin/connections/{by_channel['email']}/").content.decode()


def test_it_says_how_far_the_list_was_read_and_why_it_could_not_be(clinic, signed_in):
    connect(clinic.business)
    sms = Connection.objects.get(business=clinic.business, channel="sms")
    page = f"/admin/connections/{sms.pk}/"
    client = signed_in("enterprise")
    assert "has been read until" not in client.get(page).content.decode()

    now = locks.now()
    reading = ListReading.objects.create(connection=sms, read_until=now, due_at=now)
    assert "list has been read until" in client.get(page).content.decode()

    reading.problem = "The provider's list could not be read: HTTP 401"
    reading.save()
    assert "HTTP 401" in client.get(page).content.decode()
