"""Saving in the workflow editor: what was not touched stays, and what stands in the way is said."""

import pytest
from playwright.sync_api import Page, expect

from tests.factories import MANAGER
from workflows import services as workflows
from workflows.models import Workflow

WITH_COMMAS = {
    "name": "Commas",
    "triggers": [
        {
            "type": "contact_dnd",
            "filters": {"tags": {"op": "none_of", "values": ["a,b", "c", 'the "d"', '"e"']}},
        },
        {"type": "message_received", "filters": {"keywords": ["yes, please", "yes, please"]}},
        {"type": "message_failed", "filters": {"codes": ["smtp:5,5", "30003"]}},
    ],
    "steps": [
        {"kind": "if_else", "condition": {"field": "tag", "op": "any_of", "value": ["x,y", "z"]}},
        {"kind": "if_else", "condition": {"field": "tag", "op": "is", "value": "x,y"}},
    ],
}


def editor(desk, made: Workflow) -> Page:
    return desk("manager").open(f"/admin/workflows/workflow/{made.pk}/edit/")


def drawn(business, *steps, **more) -> Workflow:
    data = {"name": "Welcome", "steps": list(steps)} | more
    return workflows.create(business=business, data=data, by=MANAGER)


def save(page: Page, name: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save", exact=True).click()


@pytest.mark.browser
def test_values_with_commas_stay_as_they_are_and_can_be_written(desk, clinic):
    made = drawn(clinic.business, **WITH_COMMAS)
    page = editor(desk, made)

    save(page, "Renamed")
    expect(page.get_by_text("Everything is saved")).to_be_visible()
    before = made.triggers, made.steps
    made.refresh_from_db()
    assert (made.name, made.triggers, made.steps) == ("Renamed", *before)

    page.get_by_role("button", name="Message received").first.click()
    page.get_by_label("Only if the whole message is").fill('stop, "yes, please", "no",')
    save(page, "Again")
    expect(page.get_by_text("Everything is saved")).to_be_visible()
    made.refresh_from_db()
    assert made.triggers[1]["filters"]["keywords"] == ["stop", "yes, please", "no"]
