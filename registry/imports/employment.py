"""Employment as the rows of a roster have it."""

from datetime import date

from django.utils.translation import gettext as _

from registry.models import EmploymentSpell


def bring_up(row, today: date) -> None:
    """Update the person's employment from a row of a roster: today's state, and at most one spell."""
    given, spells = row.person.personal, row.person.spells
    employed, first, last = given["在职情况"], given["在职起始日期"], given["在职截止日期"]
    if first and last and last < first:
        return row.refuse("在职截止日期", _("it is before the first day of employment; correct one of them"))
    if employed and last and last < today:
        return row.refuse("在职截止日期", _("it is past, yet the person is 在职; correct one of them"))
    if employed and first and first > today:
        return row.refuse("在职起始日期", _("it is still to come, yet the person is 在职; correct one of them"))
    if given["工作单位"] and not (employed or first or last):
        row.warn("工作单位", _("it is left out, since the person is 非在职 and there are no days of employment"))
    if first:
        # What began on an unknown day may have become known.
        known = [spell for spell in spells if spell.first_day == first] or [
            spell for spell in spells if spell.first_day is None and spell.covers(last or first)
        ]
        for other in spells if not known else ():
            if first <= (other.last_day or date.max) and (other.first_day or date.min) <= (last or date.max):
                message = _("the register has an employment from %(first)s to %(last)s; give its first day")
                words = {"first": other.first_day or "…", "last": other.last_day or _("until now")}
                return row.refuse("在职起始日期", message % words)
    elif last:
        known = [spell for spell in spells if spell.covers(last)]
    else:
        known = [spell for spell in spells if employed and spell.covers(today)]
    if not known and (first or last or employed):
        known = [EmploymentSpell(member=row.person.member)]
        spells += known
    for spell in known[:1]:
        spell.first_day = first or spell.first_day
        spell.last_day = last or spell.last_day
        spell.employer = given["工作单位"] or spell.employer
    if not employed and any(spell.covers(today) for spell in spells):
        message = _("by the register or the dates here the person is employed today; give 在职截止日期")
        return row.refuse("在职情况", message)
    return None
