from django.apps import AppConfig


class DndConfig(AppConfig):
    name = "dnd"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dnd import checks  # noqa: F401 - registers the system checks
