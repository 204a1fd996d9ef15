"""Names at their limit, of one word: no page gets wider than the phone for them."""

import pytest

from contacts.services import tags, work
from tests.desk.test_pages import too_wide
from tests.factories import MANAGER, STAFF, ContactFactory
from workflows import services as workflows

pytestmark = pytest.mark.browser

LONG = "Donaudampfschifffahrtsgesellschaft" * 5


def test_long_words_are_broken_on_a_phone(desk, clinic):
    business = clinic.business
    contact = ContactFactory(business=business, first_name=LONG, last_name=LONG)
    twin = ContactFactory(business=business, first_name=LONG, phone=contact.points.first().value)
    steps = [{"kind": "create_task", "title": LONG}, {"kind": "wait", "for": "1d"}]
    definition = {"name": LONG, "triggers": [{"type": "manual"}], "steps": steps}
    workflow = workflows.create(business=business, data=definition, by=MANAGER)
    workflows.publish(workflow=workflow, by=MANAGER)
    enrollment = workflows.enroll(workflow=workflow, contact=contact.pk, by=MANAGER)
    tags.edit(business=business, contact=contact.pk, by=STAFF, add_names=[LONG])
    work.create_tasks(business.pk, [(contact.pk, LONG, None, LONG)])
    at = desk("enterprise", width=390)
    one, edit = f"/admin/contacts/contact/{contact.pk}", f"/admin/workflows/workflow/{workflow.pk}/edit"
    addresses = [
        f"{one}/change/", f"{one}/edit/", f"{one}/remove/", f"{one}/merge/", f"{one}/merge/?other={twin.pk}",
        f"{one}/erase/", f"{one}/as-of/", f"{one}/dnd/note/?change=outbound.email.allow", f"{edit}/",
        f"{edit}/publish/", f"{edit}/unpublish/", f"{edit}/remove/",
        f"/admin/workflows/enrollment/{enrollment.pk}/path/",
    ]  # fmt: skip
    assert [address for address in addresses if too_wide(at.open(address))] == []
