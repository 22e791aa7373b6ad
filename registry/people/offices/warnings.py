"""What an act on an office brings with it for the body, in words, before it is done."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib import clock
from registry.models import Appointment, Position, ProvisionKey
from registry.provisions import queries as provisions


def of_leaving(office: Appointment) -> list[str]:
    """What the group is like without the holder of the office; nothing where all is in order."""
    if office.group is None:
        return []
    today = clock.today()
    left = office.group.appointments.in_office(today).exclude(member=office.member)
    people, size = left.values("member").distinct().count(), provisions.on(today).size(ProvisionKey.GROUP_SIZE)
    words = {"group": office.group.name, "count": people, "size": f"{size.smallest}–{size.largest}"}
    found = []
    if people < size.smallest:
        found.append(
            ngettext(
                "%(group)s then has %(count)s person (should be %(size)s): a by-election is due.",
                "%(group)s then has %(count)s people (should be %(size)s): a by-election is due.",
                people,
            )
            % words
        )
    if office.position == Position.GROUP_LEADER:
        found.append(_("%(group)s is then without a leader; to have another at once, change the leader.") % words)
    return found
