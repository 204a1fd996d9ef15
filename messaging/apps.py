from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from contacts import keeping
        from dnd import hooks
        from messaging import checks, delivery  # noqa: F401 - registers the checks
        from messaging.services import merging

        hooks.in_flight = delivery.in_flight
        keeping.register(merging.KEEPER)
