from django.apps import AppConfig


class DndConfig(AppConfig):
    name = "dnd"
    default_auto_field = "django.db.models.BigAutoField"
