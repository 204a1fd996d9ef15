from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "workflows"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from contacts import keeping
        from contacts.services import jobs
        from messaging import hooks
        from workflows import bulk, keeper
        from workflows.services import causing, settling, waking

        hooks.settled = settling.settled
        hooks.ask_again = waking.ask_again
        jobs.register(bulk.KIND, bulk.RunAction())
        hooks.causes = causing.causes
        keeping.register(keeper.KEEPER)
