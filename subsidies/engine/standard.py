"""The rules of a month as data: rates, the yearly increment, and what the document leaves open."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Position(StrEnum):
    """What a person is appointed to (职务), highest rank first."""

    DIRECTOR = "director"  # 居委会主任
    DEPUTY_DIRECTOR = "deputy_director"  # 居委会副主任
    SUPERVISION_DIRECTOR = "supervision_director"  # 居务监督委员会主任
    COMMITTEE_MEMBER = "committee_member"  # 居民委员会成员
    GROUP_LEADER = "group_leader"  # 居民小组长
    GROUP_MEMBER = "group_member"  # 居民小组成员

    @property
    def in_group(self) -> bool:
        """Whether it is held in a residents' group, not in a committee."""
        return self in (Position.GROUP_LEADER, Position.GROUP_MEMBER)


class ServiceBasis(StrEnum):
    """Whether a break in service forfeits the days before it; 工作每满1年 leaves it open 〔三(三)〕."""

    CUMULATIVE = "cumulative"  # every day counts, before a break as after it
    CONTINUOUS = "continuous"  # only the days since the last break


@dataclass(frozen=True, slots=True)
class Standard:
    """One version of the rules (补贴标准), in force from a month on until a newer one is.

    Amounts are yuan a month. A position without a rate is not paid. The fields with a default
    decide what the document leaves open; a value that cannot be is refused with ValueError.
    """

    effective_month: date  # its first day
    document: str  # such as 某政办发〔2026〕1号
    rates: Mapping[Position, Decimal] = field(hash=False)
    yearly_increment: Decimal  # added for each full year of service
    reference_day: int = 1  # 1 to 31; past the month's end it means the last day
    service_basis: ServiceBasis = ServiceBasis.CUMULATIVE
    counts_employed_service: bool = True  # whether days in office while employed elsewhere count
    service_counted_from: date | None = None  # the first day that can count
    max_years: int | None = None  # the most years that earn the increment

    def __post_init__(self) -> None:
        if self.effective_month.day != 1:
            raise ValueError(f"a Standard takes effect on a month's first day, not {self.effective_month}")
        if not 1 <= self.reference_day <= 31:
            raise ValueError(f"the reference day lies between 1 and 31: {self.reference_day}")
        for amount in (self.yearly_increment, *self.rates.values()):
            if not isinstance(amount, Decimal) or not amount.is_finite() or amount < 0:
                raise ValueError(f"an amount is a Decimal of zero or more yuan: {amount!r}")
        object.__setattr__(self, "service_basis", ServiceBasis(self.service_basis))
        if self.max_years is not None and self.max_years < 0:
            raise ValueError(f"the years that earn the increment cannot be fewer than none: {self.max_years}")

    def increment_of(self, position: Position) -> Decimal:
        """Yuan that each full year adds to the month of the position."""
        return self.yearly_increment

    def reference_date(self, month: date) -> date:
        """The day (核定日) on which everything is read in the month that begins on `month`."""
        if month.day != 1:
            raise ValueError(f"a month is given by its first day, not {month}")
        return month.replace(day=min(self.reference_day, monthrange(month.year, month.month)[1]))


# The fields of a Standard besides the rates: of the same name on the model, on its form and in the forecast.
PARAMETERS = tuple(each.name for each in fields(Standard) if each.name not in ("effective_month", "document", "rates"))


def standard_in_force(standards: Iterable[Standard], month: date) -> Standard | None:
    """The newest Standard whose effective month is not later than `month`; None before the first."""
    begun = (standard for standard in standards if standard.effective_month <= month)
    return max(begun, key=lambda standard: standard.effective_month, default=None)
