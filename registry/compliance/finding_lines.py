"""Findings as lines for a reader: one by one while few, else by kind."""

from collections.abc import Callable
from itertools import groupby

from django.urls import reverse
from django.utils.translation import gettext as _

from registry.models import User
from registry.records.findings import KINDS, Finding
from registry.records.todo import FEW, Line, Urgency


def fixed_by(user: User) -> Callable[[Finding], bool]:
    """Whether a finding is the user's to fix: in a community whose roster the user may edit, or of the user's group."""
    communities = user.community_keys("registry.change_appointment")
    own = {(kind, group) for kind in KINDS if kind.fixed_by_group for group in user.reach(kind.fixed_by_group).groups}
    return lambda finding: finding.community in communities or (finding.kind, finding.group) in own


def lines(user: User, findings: list[Finding]) -> list[Line]:
    """The findings, which come in the order of their kinds, as lines for the user."""
    is_mine = fixed_by(user)
    if len(findings) <= FEW:
        return [line(finding, is_mine) for finding in findings]
    shown = []
    for _kind, found in groupby(findings, lambda finding: finding.kind):
        alike = list(found)
        shown.append(line(alike[0], is_mine) if len(alike) == 1 else _together(alike, is_mine))
    return shown


def line(finding: Finding, is_mine: Callable[[Finding], bool]) -> Line:
    """`is_mine`: whether the reader fixes it."""
    act = str(finding.kind.act) if is_mine(finding) else _("See")
    return Line(_urgency(finding, is_mine), finding.sentence, finding.url, act)


def _together(findings: list[Finding], is_mine: Callable[[Finding], bool]) -> Line:
    kind = findings[0].kind
    url = f"{reverse('findings')}?kind={kind.key}"
    return Line(_urgency(findings[0], is_mine), kind.together(len(findings)), url, _("See"))


def _urgency(finding: Finding, is_mine: Callable[[Finding], bool]) -> Urgency:
    if finding.kind.is_breach:
        return Urgency.WRONG
    return Urgency.YOU if is_mine(finding) else Urgency.OTHERS
