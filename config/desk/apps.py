from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "config.desk"
    label = "desk"

    def ready(self) -> None:
        from config.desk.importing import runners  # models are there only now

        runners.register()
