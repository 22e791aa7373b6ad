from django.urls import path

from subsidies.models import Step
from subsidies.views import (
    deadlines,
    effects,
    lines,
    members,
    review,
    seals,
    sheets,
    way,
    workbench,
)

urlpatterns = [
    path("workbench/", workbench.workbench, name="workbench"),
    path("months/", sheets.months, name="months"),
    path("months/deadlines/", deadlines.deadlines, name="deadlines"),
    path("months/deadlines/usual/", deadlines.edit, name="usual-deadlines"),
    path("months/<month:month>/deadlines/", deadlines.edit, name="month-deadlines"),
    path("months/compute/", sheets.compute, name="compute"),
    path("months/<month:month>/<code:code>/", sheets.sheet, name="sheet"),
    path("months/<month:month>/<code:code>/changes/", review.differences, name="sheet-changes"),
    path("months/<month:month>/<code:code>/unpaid/", review.unpaid, name="sheet-unpaid"),
    path("months/<month:month>/<code:code>/settlements/", review.settlements, name="sheet-settlements"),
    path("months/<month:month>/<code:code>/unusual/", review.unusual, name="sheet-unusual"),
    path("months/<month:month>/<code:code>/way/", review.events, name="sheet-events"),
    path("months/<month:month>/<code:code>/outdated/", review.outdated, name="sheet-outdated"),
    path("months/<month:month>/<code:code>/confirm/", way.confirm_several, name="sheet-confirm"),
    path("months/<month:month>/communities/<code:code>/confirm/", way.confirm, name="community-confirm"),
    *(
        path(f"months/<month:month>/<code:code>/{step}/", way.take, {"step": step}, name=f"sheet-{step}")
        for step in (Step.SUBMIT, Step.ENDORSE, Step.RETURN, Step.APPROVE)
    ),
    path("months/<month:month>/<code:code>/export/", sheets.export, name="export"),
    path("months/<month:month>/members/<int:pk>/", lines.line, name="line"),
    path("months/<month:month>/members/<int:pk>/statement/", lines.statement, name="line-statement"),
    path("seals/", seals.chains, name="seals"),
    path("seals/verify/", seals.verify, name="seals-verify"),
    path("members/<int:pk>/stipends/", members.stipends, name="member-stipends"),
    path("members/<int:pk>/newest-line/", lines.newest, name="newest-line"),
    path("stipends/terms/<int:pk>/communities/<code:code>/", effects.of_reelection, name="election-stipends"),
    path("stipends/preview/<slug:act>/<int:pk>/", effects.preview, name="stipend-preview"),
    path("stipends/groups/<int:pk>/", effects.of_group, name="group-stipends"),
    path("stipends/committees/<int:pk>/", effects.of_committee, name="committee-stipends"),
    path("stipends/members/<int:pk>/now/", effects.why, name="stipend-now"),
]
