from registry.access.roles import CITY_ROLES, GIVES, GROUP_ROLES, SUBDISTRICT_ROLES, Role, area_of
from registry.models.activities import (
    GROUP_KINDS,
    MEETING_KINDS,
    Activity,
    ActivityKind,
    Attendance,
    Partner,
    Resolution,
)
from registry.models.appointments import (
    COMMITTEE_POSITIONS,
    GROUP_POSITIONS,
    Appointment,
    EndReason,
    Position,
)
from registry.models.areas import CityWideQuerySet, Community, ScopedQuerySet, Subdistrict
from registry.models.attachments import ATTACHED_TO, Attachment
from registry.models.audit import Act, AuditEntry
from registry.models.base import Edited, Record, Stamped, on_day
from registry.models.bodies import COMMITTEE_FIRST, Building, BuildingKind, ResidentsCommittee, ResidentsGroup, Term
from registry.models.duplicates import DistinctPersons
from registry.models.elections import Election, ElectionLine, Outcome
from registry.models.evaluations import Evaluation, EvaluationRound, Grade, RoundState, Subjects
from registry.models.files import FileKind, MemberFile, StoredFile
from registry.models.imports import ImportKind, ImportRow, ImportRun, ImportState, RowKind
from registry.models.members import EmploymentKind, EmploymentSpell, Member, Sex, Source
from registry.models.plans import GroupPlan, PlanBuilding, PlanItem, PlanPerson, PlanState
from registry.models.provisions import PROVISIONS, Declared, Meant, Provision, ProvisionKey
from registry.models.reports import (
    HANDLED_IN_TIME,
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
from registry.models.tasks import Task
from registry.models.transfers import Transfer, TransferState
from registry.models.users import Post, User
from registry.models.visits import Assignment, Visit, VisitKind

__all__ = [
    "ProvisionKey",
    "Provision",
    "Meant",
    "Declared",
    "PROVISIONS",
    "CityWideQuerySet",
    "COMMITTEE_FIRST",
    "ATTACHED_TO",
    "CITY_ROLES",
    "COMMITTEE_POSITIONS",
    "GIVES",
    "GROUP_KINDS",
    "GROUP_POSITIONS",
    "GROUP_ROLES",
    "HANDLED_IN_TIME",
    "MEETING_KINDS",
    "SUBDISTRICT_ROLES",
    "Act",
    "Activity",
    "ActivityKind",
    "Alarm",
    "Appointment",
    "Assignment",
    "Attachment",
    "Attendance",
    "AuditEntry",
    "Building",
    "BuildingKind",
    "Community",
    "Dispute",
    "DistinctPersons",
    "Edited",
    "Election",
    "ElectionLine",
    "EmploymentKind",
    "EmploymentSpell",
    "EndReason",
    "Evaluation",
    "EvaluationRound",
    "FileKind",
    "GroupPlan",
    "Grade",
    "ImportKind",
    "ImportRow",
    "ImportRun",
    "ImportState",
    "Mediation",
    "Member",
    "MemberFile",
    "Outcome",
    "Partner",
    "PlanBuilding",
    "PlanItem",
    "PlanPerson",
    "PlanState",
    "Position",
    "Post",
    "Record",
    "Report",
    "ReportEvent",
    "ReportKind",
    "ReportState",
    "ReportStep",
    "Representative",
    "ResidentsCommittee",
    "ResidentsGroup",
    "Resolution",
    "Role",
    "RoundState",
    "RowKind",
    "ScopedQuerySet",
    "Severity",
    "Sex",
    "Source",
    "Stamped",
    "StoredFile",
    "Subdistrict",
    "Task",
    "Subjects",
    "Term",
    "Transfer",
    "TransferState",
    "User",
    "Visit",
    "VisitKind",
    "area_of",
    "is_overdue",
    "needs_visit_back",
    "on_day",
]
