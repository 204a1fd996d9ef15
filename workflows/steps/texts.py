"""Filling in a step's texts for each contact of a batch."""

from collections.abc import Sequence

from messaging import templates
from workflows import people
from workflows.definition.steps import text_of
from workflows.engine.batch import Batch, Ran, Results, Row
from workflows.models import Outcome

NO_MESSAGE = {"message": {"body": ""}}
"""What the contact wrote, where no message brought it here."""


def render(batch: Batch, names: Sequence[str]) -> tuple[list[tuple[Row, list[str]]], Results]:
    """Each row with its texts by these names, and the results of those rows whose texts cannot be rendered."""
    contexts = people.contexts(batch.business, batch.contacts)
    rendered: list[tuple[Row, list[str]]] = []
    results: Results = {}
    for row in batch:
        try:
            values = {**NO_MESSAGE, **contexts[row.contact], **row.context}
            texts = [templates.render(text_of(row.config, name) or "", values) for name in names]
        except templates.CannotRender as error:
            results[row.id] = Ran(Outcome.FAILED.value, "template", str(error))
        else:
            rendered.append((row, texts))
    return rendered, results
