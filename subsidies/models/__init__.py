from subsidies.models.corrections import Correction, CorrectionState, Hold, Release, Settlement
from subsidies.models.deadlines import Deadlines
from subsidies.models.sheets import Outcome, Sheet, SheetLine, State
from subsidies.models.standards import Rate, ServiceBasis, Standard, Standing
from subsidies.models.workflow import Confirmation, SheetEvent, Step

__all__ = [
    "Confirmation",
    "Correction",
    "CorrectionState",
    "Deadlines",
    "Hold",
    "Outcome",
    "Rate",
    "Release",
    "ServiceBasis",
    "Settlement",
    "Sheet",
    "SheetEvent",
    "SheetLine",
    "Standard",
    "Standing",
    "State",
    "Step",
]
