"""The models of the stipends, and what is declared with them; everything is imported from here."""

from subsidies.models.bank_templates import BankFileKind, BankTemplate, Content, Encoding, LineEnd
from subsidies.models.budgets import Budget
from subsidies.models.certificates import Certificate
from subsidies.models.corrections import Correction, CorrectionState, Hold, Release, Settlement, Stage
from subsidies.models.deadlines import Deadlines
from subsidies.models.debts import DebtNotice, Repayment, RepaymentMethod
from subsidies.models.notices import Channel, Notice, NoticePhoto, NoticeResult, Objection, ObjectionOutcome
from subsidies.models.parallel import ComparisonResult, ParallelLine, ParallelRun
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
from subsidies.models.steps import CLOSED_STATES, STEPS, State, Step
from subsidies.models.workflow import Confirmation, SheetEvent
