"""A connection's page says which addresses Twilio is to be given."""

import pytest

from messaging.models import Connection
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
