"""The remembered columns and words of the banks' answers, stored with the template that wrote the payment's file."""

from collections import Counter
from collections.abc import Iterable, Sequence

from registry.models import User
from registry.records import versions
from subsidies.bank import grouping, words
from subsidies.bank.reading import Choices, Layout
from subsidies.models import BankTemplate, Export, Payment, PaymentItem

MOST_LAYOUTS = 12  # of a template's answers; the newest


def templates(payment: Payment) -> list[BankTemplate]:
    """The templates that may have written the payment's file, the likeliest first.

    It is the template of the newest file. For a payment with files of several banks or without a file, they are the
    templates of its people's banks, then that of the subdistrict's other payments, else the first template.
    """
    exports = Export.objects.select_related("template")
    newest = exports.filter(payment=payment).first()
    if newest and newest.template:
        return [newest.template]
    known = list(BankTemplate.objects.order_by("id"))
    banks = payment.items.order_by("bank").values_list("bank", flat=True).distinct()
    own = [template for bank in banks if (template := grouping.own_template(bank, known))]
    other = exports.filter(payment__sheet__subdistrict=payment.sheet.subdistrict_id, template__isnull=False).first()
    usual = [other.template] if other and other.template else known[:1]
    return list(dict.fromkeys([*(template for template in own if template not in usual), *usual]))


def recalled(found: Sequence[BankTemplate]) -> Choices:
    """What these templates remember together; what they remember differently is asked again.

    Titles that none of them knows are looked for with all other templates: a bank answers by the same list whichever
    file it got. Words are those of these templates only: another bank may mean something else by them.
    """
    memories = [Choices.of(template.answer) for template in found if template.answer]
    layouts = _agreed(memories)
    known = [layout.titles for memory in memories for layout in memory.layouts]
    others = BankTemplate.objects.exclude(pk__in=[template.pk for template in found]).order_by("id")
    elsewhere = _agreed([Choices.of(template.answer) for template in others if template.answer])
    layouts += [layout for layout in elsewhere if layout.titles not in known]
    meanings = {
        meaning: [word for memory in memories for word in memory.words.get(meaning, [])] for meaning in words.MEANINGS
    }
    several = words.on_two_lists(meanings)
    agreed = {meaning: [word for word in each if word not in several] for meaning, each in meanings.items()}
    return Choices(layouts=layouts, words=words.lists(agreed, {} if memories else words.DEFAULT))


def _agreed(memories: Sequence[Choices]) -> list[Layout]:
    """The layouts that no other memory has with other columns."""
    layouts: list[Layout] = []
    for memory in memories:
        others = [layout for other in memories if other is not memory for layout in other.layouts]
        layouts += [own for own in memory.layouts if own not in layouts and not _differs(own, others)]
    return layouts


def _differs(own: Layout, others: Iterable[Layout]) -> bool:
    return any(other.titles == own.titles and other != own for other in others)


def learn(payment: Payment, choices: Choices, people: Iterable[PaymentItem], *, actor: User | None, name: str) -> None:
    """Remember how a recorded answer was read, with the template of the bank of most of its people."""
    found = templates(payment)
    if not found:
        return
    counts = Counter(grouping.own_template(item.bank, found) or found[-1] for item in people)
    chosen = counts.most_common(1)[0][0] if counts else found[-1]
    template = BankTemplate.objects.select_for_update().get(pk=chosen.pk)
    memory = Choices.of(template.answer)
    titles = [layout.titles for layout in choices.layouts]
    others = [layout for layout in memory.layouts if layout.titles not in titles]
    # The answer was read with the words of several templates: words of this one that others contradict stay.
    known = choices.words if len(found) == 1 else words.lists(choices.words, memory.words)
    learnt = Choices(layouts=[*choices.layouts, *others][:MOST_LAYOUTS], words=known).stored()
    learnt_json = {key: learnt[key] for key in ("layouts", "words")}
    if template.answer != learnt_json:
        template.answer = learnt_json
        versions.save(template, actor=actor, reason=name)
