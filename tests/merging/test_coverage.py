"""Whatever refers to a contact says what becomes of it when that contact is merged into another."""

from django.apps import apps

from contacts import keeping
from contacts.models import Contact


def referring() -> set[str]:
    """Every field of every model that refers to a contact."""
    return {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields(include_hidden=True)
        if field.is_relation and field.concrete and field.related_model is Contact
    }


def test_every_field_that_refers_to_a_contact_has_a_keeper():
    kept = [name for keeper in keeping.keepers() for name in keeper.fields]
    assert len(kept) == len(set(kept)), "a field belongs to one keeper"
    assert referring() - set(kept) == set(), (
        "say in the app's services/merging.py what becomes of these, and add them to its KEEPER"
    )
    assert set(kept) - referring() == set(), "these fields are no more"


def test_what_uses_a_thing_lets_go_of_it_before_the_thing_moves():
    assert [keeper.app for keeper in keeping.keepers()] == [
        "workflows",
        "messaging",
        "compliance",
        "dnd",
        "contacts",
    ]
