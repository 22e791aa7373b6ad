"""What one person is paid for one month, and why: standard library only, no clock, no database."""

from .decision import decide
from .life import Appointment, EmploymentSpell, Life
from .projection import first_raise, project
from .service import Reason, ServiceSpell, days_left_out
from .standard import PARAMETERS, Position, ServiceBasis, Standard, standard_in_force
from .trace import Considered, Decision, Outcome, Verdict

__all__ = [
    "PARAMETERS",
    "Appointment",
    "Considered",
    "Decision",
    "EmploymentSpell",
    "Life",
    "Outcome",
    "Position",
    "Reason",
    "ServiceBasis",
    "ServiceSpell",
    "Standard",
    "Verdict",
    "days_left_out",
    "decide",
    "first_raise",
    "project",
    "standard_in_force",
]
