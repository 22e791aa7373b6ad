"""The models of the registry, and what is declared with them; everything is imported from here."""

from registry.models.activities import (
    GROUP_KINDS,
    MEETING_KINDS,
    Activity,
    ActivityKind,
    Attendance,
    Partner,
    Resolution,
)
from registry.models.appointments import COMMITTEE_POSITIONS, GROUP_POSITIONS, Appointment, EndReason, Position
from registry.models.areas import CityWideQuerySet, Community, ScopedQuerySet, Subdistrict
from registry.models.attachments import ATTACHED_TO, Attachment
from registry.models.audit import Act, AuditEntry, IssuedHead, SigningKey
from registry.models.base import Blanked, Edited, Record, Stamped, on_day
from registry.models.bodies import COMMITTEE_FIRST, Building, BuildingKind, ResidentsCommittee, ResidentsGroup, Term
from registry.models.documents import DocumentTemplate
from registry.models.duplicates import DistinctPersons
from registry.models.elections import Election, ElectionLine, Outcome
from registry.models.erasures import ERASURE_STEPS, ErasedRow, Erasure, ErasureState
from registry.models.evaluations import ROUND_STEPS, Evaluation, EvaluationRound, Grade, RoundState, RoundStep, Subjects
from registry.models.factors import Passkey, RecoveryCode, SecondFactor
from registry.models.files import FileKind, MemberFile, StoredFile
from registry.models.imports import ImportKind, ImportRow, ImportRun, ImportState, PastedRows, RowKind
from registry.models.keys import KnownKey
from registry.models.members import EmploymentKind, EmploymentSpell, Member, Sex, Source
from registry.models.notifications import (
    Delivery,
    DeliveryState,
    Notification,
    NotificationSettings,
    Pace,
    Robot,
    RobotForm,
    Topic,
)
from registry.models.passwords import FormerPassword, SignInCode
from registry.models.plans import PLAN_STEPS, GroupPlan, PlanBuilding, PlanItem, PlanPerson, PlanState, PlanStep
from registry.models.provider_accounts import ProviderAccount
from registry.models.provisions import PROVISIONS, Declared, Meant, Provision, ProvisionKey
from registry.models.reports import (
    HANDLED_IN_TIME,
    REPORT_STEPS,
    Alarm,
    Dispute,
    Mediation,
    Report,
    ReportEvent,
    ReportKind,
    ReportState,
    ReportStep,
    Severity,
    is_overdue,
    needs_visit_back,
)
from registry.models.representatives import Representative
from registry.models.roles import (
    CITY_ROLES,
    GIVES,
    GROUP_ROLES,
    POWERFUL,
    SECOND_FACTOR_ROLES,
    SUBDISTRICT_ROLES,
    Role,
    area_of,
)
from registry.models.saved_lists import SavedView
from registry.models.sessions import Session
from registry.models.tasks import Task
from registry.models.transfers import TRANSFER_STEPS, Transfer, TransferState
from registry.models.users import POST_STEPS, Post, PostState, User
from registry.models.visits import Assignment, Visit, VisitKind
