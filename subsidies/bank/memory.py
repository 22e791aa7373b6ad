"""The remembered columns and words of the banks' answers, stored with the template that wrote the payment's file."""

from collections import Counter
from collections.abc import Iterable

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


def recalled(found: Iterable[BankTemplate]) -> Choices:
    """What these templates remember in common; where they differ, the user is asked again."""
    memories = [Choices.of(template.answer) for template in found if template.answer]
    layouts: list[Layout] = []
    for memory in memories:
        others = [layout for other in memories if other is not memory for layout in other.layouts]
        layouts += [own for own in memory.layouts if own not in layouts and not _differs(own, others)]
    meanings = {
        meaning: [word for memory in memories for word in memory.words.get(meaning, [])] for meaning in words.MEANINGS
    }
    several = words.on_two_lists(meanings)
    agreed = {meaning: [word for word in each if word not in several] for meaning, each in meanings.items()}
    return Choices(layouts=layouts, words=words.lists(agreed, {} if memories else words.DEFAULT))


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
