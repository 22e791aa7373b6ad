"""Steps that several tests of corrections and debts take."""

from datetime import date
from decimal import Decimal

from subsidies.corrections import debts
from subsidies.models import Sheet, State
from subsidies.month import sheets
from tests import factories


def repay(person, clerk, amount, day=date(2024, 7, 10)):
    return debts.repay(
        member=person, day=day, amount=Decimal(amount), method="cash", voucher="收001", note="家属代缴", actor=clerk
    )


def closed(month, community):
    """The month's sheet of the community's subdistrict, approved."""
    [sheet] = sheets.prepare(month, [community.subdistrict])
    factories.brought_to(sheet, State.APPROVED)
    return Sheet.objects.select_related("subdistrict", "standard").get(pk=sheet.pk)
