from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from contacts import keeping
        from dnd import hooks
        from messaging import checks, delivery, keeper  # noqa: F401 - registers the checks

        hooks.in_flight = delivery.in_flight
        keeping.register(keeper.KEEPER)
