"""When what waits may be sent, and what of it goes into one message. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from promoter_view.journal.entries import JournalEntry
from promoter_view.notifications.declaring import DigestSchedule, QuietHours, Subscription

#: Entries of one message at most; the next ones follow in another.
MOST_ENTRIES = 100
_DAY = timedelta(days=1)


def sending_time(subscription: Subscription, oldest: datetime, now: datetime) -> datetime:
    """When what waits may be sent: now, or later. ``oldest`` is the time of the first entry that waits.

    It follows from the entries alone, so that a restart changes nothing. What a clock that was ahead has dated is not
    waited for.
    """
    digest, quiet = subscription.digest, subscription.quiet_hours
    due = now if digest is None or oldest > now else _end_of_digest(digest, oldest)
    return _after_quiet_hours(quiet, max(due, now))


def first_message(subscription: Subscription, waiting: Sequence[JournalEntry]) -> Sequence[JournalEntry]:
    """The entries of the next message, of those that wait, in order: one, or those of a digest."""
    return waiting[: 1 if subscription.digest is None else MOST_ENTRIES]


def _end_of_digest(digest: DigestSchedule, oldest: datetime) -> datetime:
    if not digest.at:
        return oldest + timedelta(seconds=digest.every_seconds)
    zone = ZoneInfo(digest.time_zone)
    today = oldest.astimezone(zone)
    # The day before and two behind: no zone moves a time of the day further than that.
    days = [today.date() + _DAY * number for number in (-1, 0, 1, 2)]
    moments = (_moment(datetime.combine(day, at), zone) for day in days for at in digest.at)
    return min(moment for moment in moments if moment > oldest)


def _after_quiet_hours(quiet: QuietHours | None, moment: datetime) -> datetime:
    if quiet is None:
        return moment
    zone = ZoneInfo(quiet.time_zone)
    local = moment.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    if not _is_between(clock, quiet):
        return moment
    is_tomorrow = quiet.end < quiet.begin <= clock
    end = datetime.combine(local.date() + _DAY * is_tomorrow, quiet.end)
    return max(moment, *(_moment(end.replace(fold=fold), zone) for fold in (0, 1)))


def _is_between(clock: time, quiet: QuietHours) -> bool:
    if quiet.begin < quiet.end:
        return quiet.begin <= clock < quiet.end
    return clock >= quiet.begin or clock < quiet.end


def _moment(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)
