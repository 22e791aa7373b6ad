"""One file for each bank: which template fits a person's bank of deposit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.utils.translation import gettext as _

from subsidies.bank.files import Payee
from subsidies.models import BankTemplate, Export, Payment, PaymentItem

AnyPayee = TypeVar("AnyPayee", Payee, PaymentItem)


@dataclass
class Group(Generic[AnyPayee]):
    """The people whose file is made by one template, named with their bank."""

    template: BankTemplate
    name: str
    payees: list[AnyPayee] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """One of the files as which a payment went to the bank, and the keys of its people's items."""

    name: str
    bank: str
    items: frozenset[int]


def own_template(bank: str, templates: Iterable[BankTemplate]) -> BankTemplate | None:
    """The template whose name stands first in the bank of deposit, the longest of those; the first given of equals.

    First, because a branch may be named after a street with another bank's name.
    """
    found = [
        (bank.index(name), -len(name), place, template)
        for place, template in enumerate(templates)
        for name in template.bank_names
        if name in bank
    ]
    return min(found, key=lambda each: each[:3])[3] if found else None


def has_several(banks: Iterable[str]) -> bool:
    """Whether these banks of deposit have more than one template of their own."""
    templates = list(BankTemplate.objects.order_by("id"))
    return len({template.pk for bank in banks if (template := own_template(bank, templates))}) > 1


def downloads(payment: Payment) -> tuple[bool, str]:
    """Whether the payment was downloaded as several files; and in words, where it was so as one file too."""
    kinds = {name.endswith(".zip") for name in payment.exports.values_list("name", flat=True)}
    text = _("The payment was downloaded as one file and as several: nothing shows which of them the bank got.")
    return True in kinds, text if len(kinds) > 1 else ""


def parts(payment: Payment, people: Sequence[PaymentItem]) -> list[Part]:
    """The files of the payment's newest download as several, as its templates are today; empty without one."""
    exports = Export.objects.select_related("template", "others").filter(payment=payment)
    export = exports.filter(name__endswith=".zip").first()
    if not export:
        return []
    if export.template:
        groups = [Group(export.template, export.template.name, list(people))]
    elif chosen := export.others or BankTemplate.objects.order_by("id").first():
        groups = grouped(people, chosen)
    else:
        return []
    return [part for group in groups for part in _files(group)]


def _files(group: Group[PaymentItem]) -> list[Part]:
    """The group's files, numbered where its template limits their rows."""
    size = group.template.rows_per_file or len(group.payees)
    starts = range(0, len(group.payees), size)
    return [
        Part(
            f"{group.name}-{number}" if len(starts) > 1 else group.name,
            group.name,
            frozenset(item.pk for item in group.payees[start : start + size]),
        )
        for number, start in enumerate(starts, 1)
    ]


def grouped(payees: Sequence[AnyPayee], chosen: BankTemplate) -> list[Group[AnyPayee]]:
    """The people by their bank's template, in the order of the first of each; all others by the chosen one."""
    templates = [chosen, *BankTemplate.objects.exclude(pk=chosen.pk).order_by("id")]
    groups: dict[int, Group[AnyPayee]] = {}
    for payee in payees:
        own = own_template(payee.bank, templates)
        template = own or chosen
        group = groups.setdefault(template.pk, Group(template, ""))
        group.payees.append(payee)
        if own is None:
            group.name = chosen.name  # not of one bank alone
    _name(groups.values())
    return list(groups.values())


def _name(groups: Iterable[Group]) -> None:
    """Each after its bank; after its template where that is not one bank, or another group has the name already."""
    taken: set[str] = set()
    for group in groups:
        if not group.name:
            bank = group.template.bank_names[0]
            group.name = group.template.name if bank in taken else bank
        taken.add(group.name)
