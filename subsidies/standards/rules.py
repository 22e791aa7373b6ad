"""The adopted Standards as the engine reads them: the one in force in each month, future ones included."""

from jygroups.lib.months import Month
from subsidies import engine
from subsidies.models import Standard


class Rules:
    """Every adopted Standard, read once in two queries."""

    def __init__(self) -> None:
        self.all = [standard.rules() for standard in Standard.objects.adopted().prefetch_related("rates")]

    def of(self, month: Month) -> engine.Standard | None:
        """The Standard in force in the month; None before the first."""
        return engine.standard_in_force(self.all, month.first_day)

    def after(self, standard: engine.Standard) -> Month | None:
        """The first month of the next Standard, which ends the months of this one; None where there is none."""
        later = [each.effective_month for each in self.all if each.effective_month > standard.effective_month]
        return Month.of(min(later)) if later else None

    def decide(self, life: engine.Life, month: Month) -> engine.Decision | None:
        """None in a month before any Standard."""
        standard = self.of(month)
        return engine.decide(life, month.first_day, standard) if standard else None
