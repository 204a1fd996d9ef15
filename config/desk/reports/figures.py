"""The figures of the DND report, each by one query over the days that are asked for."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from compliance.models import FeedbackEvent, Review
from compliance.rates import Rate
from contacts.models import Business, Status
from contacts.words import Channel

LONGEST = 366
USUAL = 30

OPT_OUTS = """
SELECT (c.recorded_at AT TIME ZONE %(zone)s)::date AS day, channel, c.reason, c.source, count(*)
  FROM dnd_change c, unnest(c.channels) AS channel
 WHERE c.business_id = %(business)s AND c.recorded_at >= %(start)s AND c.recorded_at < %(end)s
   AND c.direction = 'outbound' AND c.enabled AND c.kind = 'changed'
   AND (%(dead)s OR NOT EXISTS (
       SELECT FROM contacts_contact k JOIN contacts_status s ON s.id = k.status_id
        WHERE k.id = c.contact_id AND s.system_status = 'dead'))
 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
# A request is told by the evidence on its ledger line: the inbound text, or the provider's event. What staff,
# programs and the contact's own page ask for is recorded as it is asked.
TIMINGS = """
WITH asked AS (
    SELECT c.id, e.at AS effective,
           coalesce(
               (SELECT least(s.said_at, s.received_at) FROM compliance_statement s
                 WHERE s.business_id = c.business_id AND s.provider_id = c.evidence[1]),
               (SELECT min(f.received_at) FROM compliance_feedbackevent f
                 WHERE f.connection = ANY(%(connections)s)
                   AND f.provider_id = substr(c.evidence[1], strpos(c.evidence[1], ':') + 1)),
               c.recorded_at) AS at
      FROM dnd_change c LEFT JOIN dnd_effective e ON e.change_id = c.id
     WHERE c.business_id = %(business)s AND c.recorded_at >= %(start)s AND c.recorded_at < %(end)s
       AND c.direction = 'outbound' AND c.enabled AND c.kind = 'changed'
)
SELECT count(effective), count(*) - count(effective),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM effective - at)),
       percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM effective - at)),
       max(extract(epoch FROM effective - at))
  FROM asked
"""
VOLUMES = """
SELECT channel, count(*) FILTER (WHERE state <> 'dropped'), count(*) FILTER (WHERE state = 'failed')
  FROM messaging_message
 WHERE business_id = %(business)s AND direction = 'outbound' AND message_class <> 'system'
   AND called_at >= %(start)s AND called_at < %(end)s
 GROUP BY channel
"""
BY_THE_CONTACT = (
    "stop_keyword",
    "free_text_opt_out",
    "email_unsubscribe",
    "preference_page",
    "call_keypress",
)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of a business, the last one included."""

    first: date
    last: date
    zone: str

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), tzinfo=ZoneInfo(self.zone))

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), tzinfo=ZoneInfo(self.zone))

    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True)
class OptOut:
    """So many channels of contacts were blocked on a day, for one reason."""

    day: date
    channel: str
    reason: str
    source: str
    count: int


@dataclass(frozen=True, slots=True)
class Timings:
    """From the request until no message could start any more, in seconds. `waiting`: not yet in force."""

    count: int
    waiting: int
    median: float | None
    p99: float | None
    worst: float | None


@dataclass(frozen=True, slots=True)
class Report:
    period: Period
    opt_outs: list[OptOut]
    open_reviews: int
    timings: Timings
    rates: list[Rate]
    leaves_out_dead: bool = False

    @property
    def total(self) -> int:
        return sum(each.count for each in self.opt_outs)

    def by(self, what: str) -> list[tuple[str, int]]:
        """How many by `channel`, `reason` or `source`, the most first."""
        counter: Counter[str] = Counter()
        for each in self.opt_outs:
            counter[getattr(each, what)] += each.count
        return sorted(counter.items(), key=lambda item: (-item[1], item[0]))

    def by_day(self) -> list[tuple[date, int]]:
        """Every day of the period, also those without any."""
        counter: Counter[date] = Counter()
        for each in self.opt_outs:
            counter[each.day] += each.count
        return [(day, counter[day]) for day in self.period.days()]


def today(business: Business, now: datetime) -> date:
    return now.astimezone(ZoneInfo(business.timezone)).date()


def make(business: Business, period: Period, *, dead: bool = False) -> Report:
    """The whole report, in a handful of queries. Opt-outs of contacts in dead statuses are counted only with `dead`;

    the rates by which senders are judged, and how fast an opt-out counted, are always of everybody.
    """
    everybody = dead or not Status.objects.of(business).dead().exists()
    asked: dict[str, Any] = {
        "business": business.pk,
        "zone": period.zone,
        "start": period.start,
        "end": period.end,
        "dead": everybody,
        "connections": list(business.connections.values_list("pk", flat=True)),
    }
    with connection.cursor() as cursor:
        cursor.execute(OPT_OUTS, asked)
        opt_outs = [OptOut(*row) for row in cursor.fetchall()]
        whole = opt_outs
        if not everybody:
            cursor.execute(OPT_OUTS, {**asked, "dead": True})
            whole = [OptOut(*row) for row in cursor.fetchall()]
        cursor.execute(TIMINGS, asked)
        count, waiting, *spans = cursor.fetchone()
        cursor.execute(VOLUMES, asked)
        volumes = {channel: (sent, failed) for channel, sent, failed in cursor.fetchall()}
    timings = Timings(count, waiting, *(None if span is None else max(float(span), 0.0) for span in spans))
    reviews = Review.objects.filter(business=business, state=Review.State.OPEN).count()
    rates = _rates(business, period, whole, volumes)
    return Report(period, opt_outs, reviews, timings, rates, leaves_out_dead=not everybody)


def _rates(
    business: Business, period: Period, opt_outs: Iterable[OptOut], volumes: dict[str, tuple[int, int]]
) -> list[Rate]:
    """The rates by which SMS and email senders are judged."""
    asked_for = Counter[str]()
    for each in opt_outs:
        if each.reason in BY_THE_CONTACT:
            asked_for[each.channel] += each.count
    events = FeedbackEvent.objects.filter(business=business, at__gte=period.start, at__lt=period.end)
    complaints = events.filter(kind=FeedbackEvent.Kind.COMPLAINT).count()
    rates = []
    for channel in (Channel.SMS.value, Channel.EMAIL.value):
        sent, failed = volumes.get(channel, (0, 0))
        rates.append(Rate(channel, "opt_out", asked_for[channel], sent))
        rates.append(Rate(channel, "error", failed, sent))
    rates.append(Rate(Channel.EMAIL.value, "complaint", complaints, volumes.get("email", (0, 0))[0]))
    return rates
