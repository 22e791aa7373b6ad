"""The parameters of a Standard in words, for its pages and for audit packs."""

from django.utils.translation import gettext as _

from jygroups.lib.shown import amount
from subsidies.models import ServiceBasis, Standard


def parameters(standard: Standard) -> list[str]:
    """The parameters that the document leaves open, in sentences."""
    words = {
        "day": standard.reference_day,
        "from": standard.service_counted_from,
        "years": standard.max_years,
        "months": standard.look_back,
        "limit": amount(standard.clerk_limit),
        "notice": standard.notice_days,
    }
    return [
        _("Everything is read on day %(day)s of the month; past the month's end, on its last day.") % words,
        _("All days served count toward full years; a break forfeits none.")
        if standard.service_basis == ServiceBasis.CUMULATIVE
        else _("Only days served since the last break count toward full years."),
        _("Days in office while employed elsewhere count.")
        if standard.counts_employed_service
        else _("Days in office while employed elsewhere do not count."),
        _("Days before %(from)s do not count.") % words
        if standard.service_counted_from
        else _("Service counts from the first day in office."),
        _("At most %(years)s full years earn the increment.") % words
        if standard.max_years is not None
        else _("There is no ceiling on the years that earn the increment."),
        _("Corrections look back %(months)s months; a recovery or write-off above %(limit)s yuan needs finance.")
        % words,
        _("A sheet is approved after each community's list has been posted for at least %(notice)s days.") % words
        if standard.notice_days
        else _("Approval does not wait for public notices."),
    ]
