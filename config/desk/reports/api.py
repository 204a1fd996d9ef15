"""The report over REST."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.rates import LIMITS, Rate
from config.desk import days
from config.desk.reports import figures
from config.desk.reports.figures import LONGEST, USUAL, Period, Report, Timings
from contacts import locks
from contacts.rest import problems
from contacts.rest.fields import ListQuery, QueryFlag, Strict
from contacts.rest.views import Resource
from contacts.words import Channel, Source
from dnd.models import Reason


@extend_schema_field(OpenApiTypes.DATE)
class Day(serializers.Field[date, Any, str, Any]):
    """A day, `2026-11-20`."""

    default_error_messages = {"invalid": "Give a day such as 2026-11-20.", "too_far": days.TOO_FAR}

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or len(data) != 10:
            self.fail("invalid")
        try:
            day = date.fromisoformat(data)
        except ValueError:
            self.fail("invalid")
        return day if day <= days.LAST else self.fail("too_far")

    def to_representation(self, value: date) -> str:
        return value.isoformat()


class PeriodQuery(Strict):
    default_error_messages = ListQuery.default_error_messages

    first = Day(required=False, help_text=f"Left out: {USUAL} days up to `last`.")
    last = Day(required=False, help_text="This day included. Left out: today.")
    dead = QueryFlag(required=False, help_text="Count opt-outs of contacts in dead statuses too.")


class DayCount(serializers.Serializer[Any]):
    day = Day()
    count = serializers.IntegerField()


class ChannelCount(serializers.Serializer[Any]):
    channel = serializers.ChoiceField(choices=Channel.values)
    count = serializers.IntegerField()


class ReasonCount(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=Reason.values)
    count = serializers.IntegerField()


class SourceCount(serializers.Serializer[Any]):
    source = serializers.ChoiceField(choices=Source.values)  # type: ignore[assignment] # a word of ours
    count = serializers.IntegerField()


class OptOuts(serializers.Serializer[Any]):
    """Channels of contacts that were blocked."""

    total = serializers.IntegerField()
    by_day = DayCount(many=True)
    by_channel = ChannelCount(many=True)
    by_reason = ReasonCount(many=True)
    by_source = SourceCount(many=True)


class EffectiveOut(serializers.Serializer[Timings]):
    """Seconds from the request until no message could start any more."""

    count = serializers.IntegerField()
    waiting = serializers.IntegerField()
    median = serializers.FloatField(allow_null=True)
    p99 = serializers.FloatField(allow_null=True)
    worst = serializers.FloatField(allow_null=True)


class RateOut(serializers.Serializer[Rate]):
    """A share of what was sent, and where senders are warned and cut off."""

    channel = serializers.ChoiceField(choices=Channel.values)
    kind = serializers.ChoiceField(choices=list(LIMITS))
    count = serializers.IntegerField()
    of = serializers.IntegerField()
    value = serializers.FloatField()
    warn_at = serializers.FloatField()
    stop_at = serializers.FloatField()
    state = serializers.ChoiceField(choices=["fine", "warn", "stop"])


class ReportOut(serializers.Serializer[Report]):
    first = Day()
    last = Day()
    opt_outs = OptOuts()
    leaves_out_dead = serializers.BooleanField(
        help_text="Whether `opt_outs` are without contacts in dead statuses; the rates are always of everybody."
    )
    open_reviews = serializers.IntegerField()
    effective = EffectiveOut()
    rates = RateOut(many=True)


class DndReport(Resource):
    """Who opted out of what, why, and how fast it counted."""

    tag = "reports"

    @extend_schema(parameters=[PeriodQuery], responses=ReportOut)
    def retrieve(self, request: Request) -> Response:
        query = self.query(PeriodQuery)
        report = figures.make(self.business, self._period(query), dead=query.get("dead", False))
        counted = {
            f"by_{what}": [{what: word, "count": count} for word, count in report.by(what)]
            for what in ("channel", "reason", "source")
        }
        body: Any = {
            "first": report.period.first,
            "last": report.period.last,
            "opt_outs": {
                "total": report.total,
                "by_day": [{"day": day, "count": count} for day, count in report.by_day()],
                **counted,
            },
            "leaves_out_dead": report.leaves_out_dead,
            "open_reviews": report.open_reviews,
            "effective": report.timings,
            "rates": report.rates,
        }
        return Response(ReportOut().to_representation(body))

    def _period(self, query: Mapping[str, Any]) -> Period:
        last = query.get("last") or figures.today(self.business, locks.now())
        first = query.get("first") or last - min(timedelta(days=USUAL - 1), last - date.min)
        if first > last and "last" in query:
            raise problems.fault("last", "This is before the first day.")
        if first > last:
            raise problems.fault("first", "This is in the future: give `last` too, or an earlier day.")
        if (last - first).days >= LONGEST:
            raise problems.fault("first", f"Ask for at most {LONGEST} days at once.")
        return Period(first, last, self.business.timezone)
