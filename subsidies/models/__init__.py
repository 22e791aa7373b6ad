from subsidies.models.sheets import Outcome, Sheet, SheetLine, State
from subsidies.models.standards import Rate, ServiceBasis, Standard

__all__ = ["Outcome", "Rate", "ServiceBasis", "Sheet", "SheetLine", "Standard", "State"]
