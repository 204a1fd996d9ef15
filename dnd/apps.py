from django.apps import AppConfig


class DndConfig(AppConfig):
    name = "dnd"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from contacts import keeping
        from contacts.services import jobs
        from dnd import checks, keeper  # noqa: F401 - registers the system checks
        from dnd.services import bulk, ledger_jobs

        keeping.register(keeper.KEEPER)
        jobs.register(bulk.KIND, bulk.Runner())
        jobs.register(ledger_jobs.VERIFY, ledger_jobs.Verify())
        jobs.register(ledger_jobs.EXPORT, ledger_jobs.Export())
