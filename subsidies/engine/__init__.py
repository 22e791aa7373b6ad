"""What one person is paid for one month, and why: standard library only, no clock, no database."""

from .decision import decide
from .life import Appointment, EmploymentSpell, Life
from .projection import project
from .service import ServiceSpell
from .standard import Position, ServiceBasis, Standard, standard_in_force
from .trace import Considered, Decision, Outcome, Verdict

__all__ = [
    "Appointment",
    "Considered",
    "Decision",
    "EmploymentSpell",
    "Life",
    "Outcome",
    "Position",
    "ServiceBasis",
    "ServiceSpell",
    "Standard",
    "Verdict",
    "decide",
    "project",
    "standard_in_force",
]
