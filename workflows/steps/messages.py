"""Steps that communicate with the contact: each asks the door's policy and abides by its answer."""

from collections.abc import Mapping

from messaging import policy
from messaging import services as messaging
from workflows.definition.steps import TEMPLATES
from workflows.engine.batch import Batch, Ran, Result, Results, Row, Waits
from workflows.models import Outcome
from workflows.steps import texts
from workflows.steps.registry import Kind, step

EMPTY = Ran(Outcome.FAILED.value, "empty", "Nothing is left of the text for this contact.")
NO_SUBJECT = Ran(Outcome.FAILED.value, "empty", "Nothing is left of the subject for this contact.")


class Send(Kind):
    """Send: a message is queued and the step is done. Hold: asked again then. Drop: skipped, or failed."""

    channel: str
    says = "body"
    """The field of the step that holds the text."""

    def run(self, batch: Batch) -> Results:
        rendered, results = texts.render(batch, ["subject", self.says])
        full = []
        for row, (subject, body) in rendered:
            if lacking := self._lacking(subject, body):
                results[row.id] = lacking
            else:
                full.append((row, self._proposal(row, batch, subject, body)))
        answers = messaging.propose(batch.business, [proposal for _, proposal in full])
        return results | {row.id: _result(answer) for (row, _), answer in zip(full, answers, strict=True)}

    def _lacking(self, subject: str, body: str) -> Ran | None:
        if not body.strip():
            return EMPTY
        return NO_SUBJECT if self.channel == "email" and not subject.strip() else None

    def _proposal(self, row: Row, batch: Batch, subject: str, body: str) -> messaging.Proposal:
        return messaging.Proposal(
            contact_id=row.contact,
            channel=self.channel,
            message_class="automation",
            subject=" ".join(subject.split()),
            body=body,
            actor=row.name,
            enrollment=row.id,
            step=row.position,
            first_due=row.held_since or batch.at,
        )


@step("send_preferred")
class SendPreferred(Kind):
    """One message by the first way that remains of those with copy. Without one: skipped, or failed, with the reason.

    Which way it is, is decided once, when the message is queued; what becomes of it at the door opens no other way.
    """

    def run(self, batch: Batch) -> Results:
        rendered, results = texts.render(batch, TEMPLATES["send_preferred"])
        full = [(row, copies) for row, texts in rendered if (copies := _copies(*texts))]
        results |= {row.id: EMPTY for row, texts in rendered if not _copies(*texts)}
        answers = messaging.propose_one_way(batch.business, [_one_way(row, batch, c) for row, c in full])
        return results | {row.id: _result(answer) for (row, _), answer in zip(full, answers, strict=True)}


def _copies(text: str, call: str, subject: str, body: str) -> dict[str, messaging.Copy]:
    """The ways of which something is left for this contact. An email without a subject is none."""
    given = {"text": messaging.Copy(text), "call": messaging.Copy(call)}
    if subject.strip():
        given["email"] = messaging.Copy(body, " ".join(subject.split()))
    return {way: copy for way, copy in given.items() if copy.body.strip()}


def _one_way(row: Row, batch: Batch, copies: Mapping[str, messaging.Copy]) -> messaging.OneWay:
    return messaging.OneWay(
        contact_id=row.contact,
        message_class="automation",
        copies=copies,
        actor=row.name,
        enrollment=row.id,
        step=row.position,
        first_due=row.held_since or batch.at,
    )


def _result(answer: messaging.Answer) -> Result:
    match answer.verdict:
        case policy.Hold(until=until):
            return Waits(until)
        case policy.Drop(rule=rule, reason=reason, detail=detail):
            outcome = Outcome.SKIPPED if rule in policy.SKIPS else Outcome.FAILED
            return Ran(outcome.value, reason, detail, answer.message_id)
        case _:
            return Ran(message=answer.message_id)


@step("send_sms")
class SendSms(Send):
    channel = "sms"


@step("send_email")
class SendEmail(Send):
    channel = "email"


@step("make_call")
class MakeCall(Send):
    """The text is spoken to whoever answers."""

    channel = "call"
    says = "say"


@step("send_whatsapp")
class SendWhatsApp(Send):
    channel = "whatsapp"


@step("send_facebook")
class SendFacebook(Send):
    channel = "facebook"


@step("send_gmb")
class SendGmb(Send):
    channel = "gmb"
