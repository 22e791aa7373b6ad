from django.urls import path

from registry.work.reports import figure_views as report_figures
from registry.work.reports import views as reports
from registry.work.reports.forms import STEPS

urlpatterns = [
    path("reports/", reports.Reports.as_view(), name="reports"),
    path("reports/add/", reports.AddReport.as_view(), name="report-add"),
    path("reports/figures/", report_figures.figures, name="report-figures"),
    path("reports/<int:pk>/", reports.ReportPage.as_view(), name="report"),
    path("reports/<int:pk>/edit/", reports.EditReport.as_view(), name="report-edit"),
    *(
        path(f"reports/<int:pk>/{name}/", reports.ReportStepPage.as_view(), {"step": name}, name=f"report-{name}")
        for name in STEPS
    ),
]
