"""What the grounds of two come to when they are one person: every reason on every channel, for each and for both."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from contacts.actors import Actor
from contacts.models import Contact, Event
from contacts.services import people
from contacts.words import CHANNELS_OF, Source
from dnd import flags, verification
from dnd import services as dnd
from dnd.models import Change, Ground, Suppression
from dnd.reasons import rules
from tests.factories import ENTERPRISE, MANAGER, STAFF, ContactFactory, add_phone, block
from tests.merging.conftest import Two, grounds
from tests.workflows.building import TAG, flow, on_dnd, tags, work
from workflows.models import Firing

pytestmark = pytest.mark.django_db
WHO = ("winner", "loser", "both")


WAYS = tuple(
    (direction, channel) for direction in ("outbound", "inbound") for channel in CHANNELS_OF[direction]
)


def covered(reason: str) -> list[tuple[str, str]]:
    """Every (direction, channel) on which this reason may stand."""
    return [way for way in WAYS if rules()[reason].covers(*way)]


def set_ground(contact: Contact, reason: str, *ways: tuple[str, str], **more: object) -> None:
    """On these channels, else on every one on which the reason may stand."""
    wanted: dict[str, dict[str, bool]] = {"outbound": {}, "inbound": {}}
    for direction, channel in ways or covered(reason):
        wanted[direction][channel] = True
    wish = dnd.Wish(**wanted, reason=reason, note=f"because {reason}", **more)  # type: ignore[arg-type]
    by = Actor(source_of(reason), "who set it", "enterprise")
    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=by)


def source_of(reason: str) -> str:
    return sorted(rules()[reason].set_by)[0]


TABLE = [(reason, who) for reason in rules() for who in WHO]
"""Each on every channel on which the reason may stand: all the grounds there can be, for each of the two and both."""


@pytest.mark.parametrize(("reason", "who"), TABLE)
def test_whoever_of_the_two_had_a_ground_the_one_who_is_left_has_it(two, reason, who):
    for side, contact in (("winner", two.winner), ("loser", two.loser)):
        if who in (side, "both"):
            set_ground(contact, reason)
    before = Change.objects.filter(contact=two.winner).count()

    two.merge()

    assert grounds(two.winner) == {(*way, reason) for way in covered(reason)}
    new = list(Change.objects.filter(contact=two.winner, version__gt=before).order_by("version"))
    repeated = [(line.direction, channel) for line in new for channel in line.channels]
    assert repeated == (covered(reason) if who == "loser" else [])
    for line in new:
        assert (line.reason, line.source, line.actor) == (reason, source_of(reason), "who set it")
        assert (line.kind, line.text.note) == ("changed", f"because {reason}")
        assert f"merged_from:{two.loser.pk}" in line.evidence
    assert verification.verify(business=two.business.pk).violations == []


@pytest.mark.parametrize("mine", rules())
def test_against_everything_that_the_other_may_have_both_stand_and_only_what_was_free_has_changed(two, mine):
    set_ground(two.winner, mine)
    for reason in rules():
        set_ground(two.loser, reason)
    before = Change.objects.filter(contact=two.winner).count()

    two.merge()

    assert grounds(two.winner) == {(*way, reason) for reason in rules() for way in covered(reason)}
    changed, reinforced = set(), set()
    for line in Change.objects.filter(contact=two.winner, version__gt=before):
        ways = {(line.direction, channel) for channel in line.channels}
        (changed if line.kind == "changed" else reinforced).update(ways)
    assert changed == set(WAYS) - set(covered(mine))
    assert reinforced <= set(WAYS)
    fired = Event.objects.filter(
        contact=two.winner, kind="contact_dnd", data__version__gt=before, state="pending"
    )
    own = Change.objects.filter(contact=two.winner, version__gt=before, kind="changed")
    assert set(own.values_list("pk", flat=True)) <= set(fired.values_list("data__change", flat=True))
    assert verification.verify(business=two.business.pk).violations == []


SOON, LATER = timedelta(days=1), timedelta(days=9)


@pytest.mark.parametrize(
    ("mine", "theirs", "after"),
    [(SOON, LATER, LATER), (LATER, SOON, LATER), (SOON, None, None), (None, SOON, None), (SOON, SOON, SOON)],
)
def test_of_two_ends_the_later_holds_and_none_is_later_than_any(two, mine, theirs, after):
    now = timezone.now()
    for contact, span in ((two.winner, mine), (two.loser, theirs)):
        set_ground(contact, "preference_page", ("outbound", "sms"), ends_at=span and now + span)

    two.merge()

    assert Ground.objects.get(contact=two.winner).ends_at == (after and now + after)
    assert verification.verify(business=two.business.pk).violations == []


@pytest.mark.parametrize(("mine", "theirs"), list(product((True, False), repeat=2)))
def test_automations_are_paused_if_they_were_for_either(two, mine, theirs):
    for contact, paused in ((two.winner, mine), (two.loser, theirs)):
        wish = dnd.Wish(do_not_contact=paused)
        dnd.change_one(business=two.business, contact=contact.pk, wish=wish, by=ENTERPRISE)

    two.merge()

    assert flags.panel(two.winner, ENTERPRISE).do_not_contact.enabled == (mine or theirs)
    assert verification.verify(business=two.business.pk).violations == []


def test_the_loser_s_ledger_stays_whole_under_its_own_id(two):
    block(two.loser, "sms", "email")
    before = list(Change.objects.filter(contact=two.loser).values())
    two.merge()
    assert list(Change.objects.filter(contact=two.loser).values()) == before
    report = verification.verify(business=two.business.pk)
    assert (report.contacts, report.violations) == (2, [])


@pytest.mark.parametrize(("again", "runs"), [(True, 2), (False, 1)])
def test_what_is_blocked_anew_starts_contact_dnd_workflows_as_any_change(two, again, runs):
    """Where a workflow admits nobody twice, the loser's way through it counts as the winner's."""
    opted_out = flow(two.business, TAG, triggers=[on_dnd(sources=["api"])], allow_reentry=again)
    set_ground(two.loser, "stop_keyword", ("outbound", "sms"))
    work()
    assert tags(two.loser) == {"seen"}

    two.merge()
    work()

    started = opted_out.enrollments.values_list("contact", "state")
    assert list(started) == [(two.winner.pk, "completed")] * runs
    fired = Firing.objects.filter(workflow=opted_out).order_by("event").values_list("outcome", flat=True)
    assert list(fired) == ["enrolled", "enrolled" if again else "reentry_off"]


class TestAfterwards:
    """STOP, START and an import on the one who is left."""

    @pytest.fixture
    def one(self, two: Two) -> Contact:
        """The loser's number was stopped; the winner's was not."""
        self.mine, self.theirs = two.winner.points.first().value, two.loser.points.first().value
        say(two, self.theirs, block=True)
        return two.merge()

    def test_a_start_from_the_number_that_was_stopped_lifts_it(self, two, one):
        say(two, self.theirs, block=False)
        assert grounds(one) == set()
        assert not Suppression.objects.in_force().exists()
        self.whole(two)

    def test_a_start_from_the_other_number_lifts_nothing(self, two, one):
        say(two, self.mine, block=False)
        assert grounds(one) == {("outbound", "sms", "stop_keyword")}
        self.whole(two)

    def test_a_stop_from_either_number_blocks_and_takes_two_starts(self, two, one):
        say(two, self.mine, block=True)
        say(two, self.theirs, block=False)
        assert grounds(one) == {("outbound", "sms", "stop_keyword")}
        say(two, self.mine, block=False)
        assert grounds(one) == set()
        self.whole(two)

    def test_a_new_contact_with_the_number_is_blocked_within_a_tick(self, two, one):
        data = people.clean(two.business, {"phone": self.theirs, "phones": [{"number": self.theirs}]})
        made = people.create(business=two.business, data=data, by=Actor(Source.IMPORT.value, "a file"))
        dnd.screen_new_addresses()
        assert ("outbound", "sms", "stop_keyword") in grounds(made)
        self.whole(two)

    def test_staff_cannot_lift_what_only_the_loser_had_said(self, two, one):
        with pytest.raises(dnd.Refused):
            dnd.change_one(
                business=two.business, contact=one.pk, wish=dnd.Wish(outbound={"sms": False}), by=MANAGER
            )

    def whole(self, two: Two) -> None:
        assert verification.verify(business=two.business.pk).violations == []


def say(two: Two, number: str, *, block: bool) -> None:
    dnd.change_address(
        business=two.business,
        channel="sms",
        address=number,
        block=block,
        reason="stop_keyword",
        by=Actor.contact("by SMS"),
    )


def test_the_email_that_is_not_kept_stays_suppressed(two):
    set_ground(two.loser, "email_unsubscribe")
    two.merge()
    dropped = two.business
    again = ContactFactory(business=dropped, phone=False, email="two0@example.org")
    dnd.screen_new_addresses()
    assert ("outbound", "email", "email_unsubscribe") in grounds(again)
    assert ("outbound", "email", "email_unsubscribe") in grounds(two.winner)


def test_a_block_on_its_way_to_the_loser_reaches_the_winner(two):
    two.merge()
    (outcome,) = dnd.change(
        business=two.business, contacts=[two.loser.pk], wish=dnd.Wish(outbound={"call": True}), by=STAFF
    )
    assert outcome.contact_id == two.winner.pk
    assert grounds(two.winner) == {("outbound", "call", "user_request")}


def test_a_lift_on_its_way_to_the_loser_lifts_nothing(two):
    block(two.winner, "call")
    two.merge()
    wish = dnd.Wish(outbound={"call": False})
    assert dnd.change(business=two.business, contacts=[two.loser.pk], wish=wish, by=STAFF) == []
    assert grounds(two.winner) == {("outbound", "call", "user_request")}


def test_a_second_number_that_is_shared_counts_for_the_one_who_is_left(two):
    shared = ContactFactory(business=two.business, phone="+16505550000")
    add_phone(shared, "+14155559999")
    two.merge()
    say(two, "+16505550000", block=True)
    assert grounds(two.winner) == grounds(shared) == {("outbound", "sms", "stop_keyword")}
