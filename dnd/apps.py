from django.apps import AppConfig


class DndConfig(AppConfig):
    name = "dnd"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from contacts import keeping
        from dnd import checks, keeper  # noqa: F401 - registers the system checks

        keeping.register(keeper.KEEPER)
