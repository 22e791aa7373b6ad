from django.urls import path

from subsidies.views import (
    effects,
    lines,
    members,
    sheets,
    workbench,
)

urlpatterns = [
    path("workbench/", workbench.workbench, name="workbench"),
    path("months/", sheets.months, name="months"),
    path("months/compute/", sheets.compute, name="compute"),
    path("months/<month:month>/<code:code>/", sheets.sheet, name="sheet"),
    path("months/<month:month>/<code:code>/export/", sheets.export, name="export"),
    path("months/<month:month>/members/<int:pk>/", lines.line, name="line"),
    path("members/<int:pk>/stipends/", members.stipends, name="member-stipends"),
    path("members/<int:pk>/newest-line/", lines.newest, name="newest-line"),
    path("stipends/terms/<int:pk>/communities/<code:code>/", effects.of_reelection, name="election-stipends"),
    path("stipends/preview/<slug:act>/<int:pk>/", effects.preview, name="stipend-preview"),
    path("stipends/groups/<int:pk>/", effects.of_group, name="group-stipends"),
    path("stipends/committees/<int:pk>/", effects.of_committee, name="committee-stipends"),
    path("stipends/members/<int:pk>/now/", effects.why, name="stipend-now"),
]
