"""Days as dates of the Gregorian calendar, in any year, also where Python's dates end. Pure."""

from __future__ import annotations

_ERA_DAYS = 146_097
_TO_1970 = 719_468


def days_of(year: int, month: int, day: int) -> int:
    """The days from 1970-01-01 to that date; months and days beyond the end go on into what follows."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    shifted = year - (month <= 2)
    era, of_era = divmod(shifted, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5
    return era * _ERA_DAYS + of_era * 365 + of_era // 4 - of_era // 100 + of_year + day - 1 - _TO_1970


def date_of(days: int) -> tuple[int, int, int]:
    """The year, month and day that is so many days after 1970-01-01."""
    era, day_of_era = divmod(days + _TO_1970, _ERA_DAYS)
    of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    of_year = day_of_era - (365 * of_era + of_era // 4 - of_era // 100)
    shifted_month = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    return of_era + era * 400 + (month <= 2), month, day


def is_date(year: int, month: int, day: int) -> bool:
    """Whether there is such a day."""
    return 1 <= month <= 12 and day >= 1 and date_of(days_of(year, month, day)) == (year, month, day)
