"""Each step of each workflow leads to the notifications that the kinds declare."""

from django.dispatch import receiver

from registry.notifications import services
from registry.notifications.kinds import AFTER
from registry.records.workflow import step_taken


@receiver(step_taken)
def tell_of_the_step(sender, *, record, step, source, actor, at, **_given) -> None:
    services.settle(record, actor, at=at, moved=record.state != source)
    for kind in AFTER.get((sender, step), ()):
        if kind.is_open(record):
            services.notify(kind, record, services.recipients(kind, record, actor), at=at)
