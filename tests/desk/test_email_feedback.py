"""Telling an email provider where to report: its key goes in, is never shown, and belongs to that provider alone."""

import pytest

from compliance.models import FeedbackEvent
from contacts.services import keys
from contacts.services.errors import Invalid
from messaging import services as messaging
from messaging.feedback import signatures, storing
from messaging.feedback.splitting import Raw
from messaging.models import Connection
from tests.api.conftest import Api
from tests.compliance.providers import KEYS
from tests.desk.conftest import SMTP, connect
from tests.factories import ENTERPRISE

pytestmark = pytest.mark.django_db
FORM = {
    "host": "127.0.0.1", "port": "2525", "tls": "smtp", "user": "user", "password": "", "from_email": "a@b.example",
}  # fmt: skip


@pytest.fixture
def email(clinic):
    connect(clinic.business)
    return Connection.objects.get(channel="email")


def feedback(email):
    email.refresh_from_db()
    return email.config.get("feedback")


def test_a_provider_and_its_key_are_kept_and_its_address_is_told(signed_in, email):
    client, path = signed_in("enterprise"), f"/admin/connections/{email.pk}/"
    client.post(path, FORM | {"esp": "postmark", "webhook_key": "heed:secret-1"})
    assert feedback(email) == {"esp": "postmark", "webhook_key": "heed:secret-1"}
    page = client.get(path).content.decode()
    assert f"/hooks/email/{email.pk}/postmark/tracking" in page
    assert "secret-1" not in page

    client.post(path, FORM | {"esp": "postmark", "webhook_key": ""})
    assert feedback(email)["webhook_key"] == "heed:secret-1"
    answer = client.post(path, FORM | {"esp": "brevo", "webhook_key": ""})
    assert "Give the key of this provider" in answer.content.decode()
    assert feedback(email)["esp"] == "postmark"
    client.post(path, FORM | {"esp": ""})
    assert feedback(email) is None


@pytest.mark.parametrize("esp", KEYS)
def test_without_a_key_no_provider_is_kept(signed_in, email, esp):
    client = signed_in("enterprise")
    answer = client.post(f"/admin/connections/{email.pk}/", FORM | {"esp": esp, "webhook_key": " "})
    assert "A provider needs its key" in answer.content.decode()
    assert feedback(email) is None


@pytest.mark.parametrize("esp", KEYS)
@pytest.mark.parametrize("key", [None, "", " ", 7, "••••"])
def test_nor_over_rest(clinic, email, as_key, esp, key):
    wanted = {"config": {"feedback": {"esp": esp, "webhook_key": key}}}
    answer = as_key.patch(f"connections/{email.pk}/", wanted)
    assert (answer.status, answer.fields) == (400, ["config.feedback.webhook_key"])
    assert feedback(email) is None


@pytest.fixture
def as_key(clinic):
    return Api(keys.issue(business=clinic.business, role="enterprise", name="key")[1])


def test_a_key_that_comes_back_as_it_was_shown_stays_and_goes_to_no_other_provider(clinic, email):
    config = SMTP | {"feedback": {"esp": "mailgun", "webhook_key": "a-secret-key-of-mailgun"}}
    messaging.update_connection(connection=email, config=config, by=ENTERPRISE)
    shown = messaging.shown_config(Connection.objects.get(pk=email.pk))
    assert shown["feedback"]["webhook_key"] == "••••lgun"
    messaging.update_connection(connection=email, config=shown, by=ENTERPRISE)
    assert feedback(email)["webhook_key"] == "a-secret-key-of-mailgun"
    moved = {"feedback": shown["feedback"] | {"esp": "brevo"}}
    with pytest.raises(Invalid):
        messaging.update_connection(connection=email, config=moved, by=ENTERPRISE)
    assert feedback(email)["esp"] == "mailgun"


@pytest.mark.parametrize(("esp", "key"), [("sendgrid", "x"), ("resend", "whsec_"), ("ses", "a-secret")])
def test_a_key_that_can_verify_nothing_is_said_on_the_page(signed_in, email, esp, key):
    client, path = signed_in("enterprise"), f"/admin/connections/{email.pk}/"
    client.post(path, FORM | {"esp": esp, "webhook_key": key})
    assert "every report would be refused" in client.get(path).content.decode()
    assert signatures.unusable(esp, KEYS[esp]) == ""


def test_the_page_says_what_came_and_what_could_not_be_read(signed_in, email):
    client, path = signed_in("enterprise"), f"/admin/connections/{email.pk}/"
    client.post(path, FORM | {"esp": "postmark", "webhook_key": "heed:secret-1"})

    def shown():
        return client.get(path).content.decode()

    assert "Nothing has come from it yet." in shown()
    storing.store(email, "postmark", [Raw("a", '{"RecordType": "Open"}')])
    assert "Nothing has come" not in shown()
    assert "could not be read" not in shown()
    storing.store(email, "postmark", [Raw("b", ""), Raw("c", "")])
    assert FeedbackEvent.objects.filter(state="unreadable").count() == 2
    assert "2 reports could not be read and changed nothing, the last one " in shown()
