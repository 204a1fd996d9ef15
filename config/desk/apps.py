from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "config.desk"
    label = "desk"

    def ready(self) -> None:
        from config.desk.exporting import runner  # models are there only now
        from config.desk.importing import runners
        from contacts.services import jobs

        runners.register()
        jobs.register(runner.KIND, runner.Export())
