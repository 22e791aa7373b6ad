from subsidies.models.bank_templates import BankFileKind, BankTemplate, Content, Encoding, LineEnd
from subsidies.models.budgets import Budget
from subsidies.models.corrections import Correction, CorrectionState, Hold, Release, Settlement, Stage
from subsidies.models.deadlines import Deadlines
from subsidies.models.debts import DebtNotice, Repayment, RepaymentMethod
from subsidies.models.notices import Channel, Notice, NoticePhoto, NoticeResult, Objection, ObjectionOutcome
from subsidies.models.parallel import Mismatch, ParallelLine, ParallelRun
from subsidies.models.payments import (
    BankAnswer,
    Export,
    Payment,
    PaymentItem,
    PayResult,
    PayStage,
    PayStep,
    ResultSeal,
    Withdrawal,
)
from subsidies.models.sheets import Outcome, Sheet, SheetLine
from subsidies.models.standards import Rate, ServiceBasis, Standard, Standing
from subsidies.models.steps import STEPS, State, Step
from subsidies.models.workflow import Confirmation, SheetEvent

__all__ = [
    "STEPS",
    "BankAnswer",
    "BankFileKind",
    "BankTemplate",
    "Budget",
    "Channel",
    "Confirmation",
    "Content",
    "Correction",
    "CorrectionState",
    "Deadlines",
    "DebtNotice",
    "Encoding",
    "Export",
    "Hold",
    "LineEnd",
    "Mismatch",
    "Notice",
    "NoticePhoto",
    "NoticeResult",
    "Objection",
    "ObjectionOutcome",
    "Outcome",
    "ParallelLine",
    "ParallelRun",
    "PayResult",
    "PayStage",
    "PayStep",
    "Payment",
    "PaymentItem",
    "Rate",
    "Release",
    "Repayment",
    "RepaymentMethod",
    "ResultSeal",
    "ServiceBasis",
    "Settlement",
    "Sheet",
    "SheetEvent",
    "SheetLine",
    "Stage",
    "Standard",
    "Standing",
    "State",
    "Step",
    "Withdrawal",
]
