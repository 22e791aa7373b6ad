from django.urls import path

from subsidies.models import Step
from subsidies.month import (
    deadline_views,
    line_views,
    member_views,
    pay_preview_views,
    review_views,
    seal_views,
    views,
    workflow_views,
)

urlpatterns = [
    path("months/", views.months, name="months"),
    path("months/deadlines/", deadline_views.deadlines, name="deadlines"),
    path("months/deadlines/usual/", deadline_views.EditDeadlines.as_view(), name="usual-deadlines"),
    path("months/<month:month>/deadlines/", deadline_views.EditDeadlines.as_view(), name="month-deadlines"),
    path("months/compute/", views.compute, name="compute"),
    path("months/<month:month>/<code:code>/", views.sheet, name="sheet"),
    path("months/<month:month>/<code:code>/changes/", review_views.differences, name="sheet-changes"),
    path("months/<month:month>/<code:code>/unpaid/", review_views.unpaid, name="sheet-unpaid"),
    path("months/<month:month>/<code:code>/settlements/", review_views.settlements, name="sheet-settlements"),
    path("months/<month:month>/<code:code>/unusual/", review_views.unusual, name="sheet-unusual"),
    path("months/<month:month>/<code:code>/way/", review_views.events, name="sheet-events"),
    path("months/<month:month>/<code:code>/outdated/", review_views.outdated, name="sheet-outdated"),
    path("months/<month:month>/<code:code>/confirm/", workflow_views.confirm_several, name="sheet-confirm"),
    path("months/<month:month>/communities/<code:code>/compute/", views.compute_lines, name="community-compute"),
    path("months/<month:month>/communities/<code:code>/confirm/", workflow_views.confirm, name="community-confirm"),
    *(
        path(f"months/<month:month>/<code:code>/{step}/", workflow_views.take, {"step": step}, name=f"sheet-{step}")
        for step in (Step.SUBMIT, Step.ENDORSE, Step.RETURN, Step.APPROVE)
    ),
    path("months/<month:month>/members/<int:pk>/", line_views.line, name="line"),
    path("months/<month:month>/members/<int:pk>/statement/", line_views.statement, name="line-statement"),
    path("seals/", seal_views.chains, name="seals"),
    path("seals/verify/", seal_views.verify, name="seals-verify"),
    path("members/<int:pk>/stipends/", member_views.stipends, name="member-stipends"),
    path("members/<int:pk>/newest-line/", line_views.newest, name="newest-line"),
    path("stipends/terms/<int:pk>/communities/<code:code>/", pay_preview_views.of_reelection, name="election-stipends"),
    path("stipends/plans/<int:pk>/", pay_preview_views.of_plan, name="plan-stipends"),
    path("stipends/preview/<slug:act>/<int:pk>/", pay_preview_views.preview, name="stipend-preview"),
    path("stipends/groups/<int:pk>/", pay_preview_views.of_group, name="group-stipends"),
    path("stipends/committees/<int:pk>/", pay_preview_views.of_committee, name="committee-stipends"),
    path("stipends/members/<int:pk>/now/", pay_preview_views.why, name="stipend-now"),
]
