from registry.models.appointments import (
    COMMITTEE_POSITIONS,
    GROUP_POSITIONS,
    Appointment,
    EndReason,
    Position,
)
from registry.models.areas import Community, ScopedQuerySet, Subdistrict
from registry.models.audit import Act, AuditEntry
from registry.models.base import Edited, Record, Stamped, on_day
from registry.models.bodies import Building, BuildingKind, ResidentsCommittee, ResidentsGroup, Term
from registry.models.duplicates import DistinctPersons
from registry.models.elections import Election, ElectionLine, Outcome
from registry.models.files import FileContent, FileKind, MemberFile
from registry.models.imports import ImportKind, ImportRow, ImportRun, ImportState, RowKind
from registry.models.members import EmploymentKind, EmploymentSpell, Member, Sex, Source
from registry.models.reports import (
    HANDLED_IN_TIME,
    Alarm,
    Mediation,
    Report,
    ReportEvent,
    ReportKind,
    ReportState,
    ReportStep,
    Severity,
    is_overdue,
)
from registry.models.users import CITY_ROLES, GIVES, GROUP_ROLES, SUBDISTRICT_ROLES, Post, Role, User, area_of

__all__ = [
    "HANDLED_IN_TIME",
    "Alarm",
    "Mediation",
    "Report",
    "ReportEvent",
    "ReportKind",
    "ReportState",
    "ReportStep",
    "Severity",
    "is_overdue",
    "CITY_ROLES",
    "COMMITTEE_POSITIONS",
    "GIVES",
    "GROUP_POSITIONS",
    "GROUP_ROLES",
    "SUBDISTRICT_ROLES",
    "Act",
    "Appointment",
    "AuditEntry",
    "Building",
    "BuildingKind",
    "Community",
    "DistinctPersons",
    "Edited",
    "Election",
    "ElectionLine",
    "EmploymentKind",
    "EmploymentSpell",
    "EndReason",
    "FileContent",
    "FileKind",
    "ImportKind",
    "ImportRow",
    "ImportRun",
    "ImportState",
    "Member",
    "MemberFile",
    "Outcome",
    "Position",
    "Post",
    "Record",
    "ResidentsCommittee",
    "ResidentsGroup",
    "Role",
    "RowKind",
    "ScopedQuerySet",
    "Sex",
    "Source",
    "Stamped",
    "Subdistrict",
    "Term",
    "User",
    "area_of",
    "on_day",
]
