from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from compliance import hooks as told
        from contacts import keeping
        from dnd import hooks
        from messaging import checks, delivery, keeper  # noqa: F401 - registers the checks
        from messaging.services import waking

        hooks.in_flight = delivery.in_flight
        told.hours_changed = waking.hours_changed
        keeping.register(keeper.KEEPER)
