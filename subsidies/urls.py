from django.urls import path

from subsidies.views import (
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
]
