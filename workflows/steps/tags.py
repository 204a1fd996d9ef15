"""Steps that put tags on contacts and take them off."""

from contacts.services import tags
from contacts.services.tags import Tagging
from workflows.engine.batch import DONE, Batch, Results
from workflows.steps.registry import Kind, step


@step("add_tag")
class AddTag(Kind):
    """Putting on a tag that is there already changes nothing, and is done."""

    def run(self, batch: Batch) -> Results:
        tags.add(batch.business, _taggings(batch), by=batch.rows[0].actor)
        return batch.all(DONE)


@step("remove_tag")
class RemoveTag(Kind):
    def run(self, batch: Batch) -> Results:
        tags.remove(batch.business, _taggings(batch), by=batch.rows[0].actor)
        return batch.all(DONE)


def _taggings(batch: Batch) -> list[Tagging]:
    return [Tagging(row.contact, row.config["tag"], row.cause, row.actor) for row in batch]
