from django.urls import include, path

from subsidies.bank import answer_views, reconciliation_views, template_views
from subsidies.bank import views as bank_views
from subsidies.comparison import views as comparison_views
from subsidies.corrections import debt_views, hold_views
from subsidies.corrections import views as corrections
from subsidies.exports import account_views
from subsidies.exports import views as exports
from subsidies.models import Step
from subsidies.month import deadline_views as deadlines
from subsidies.month import line_views as lines
from subsidies.month import member_views as members
from subsidies.month import pay_preview_views, workflow_views
from subsidies.month import review_views as review
from subsidies.month import seal_views as seals
from subsidies.month import views as sheets
from subsidies.standards import forecast_views as forecast
from subsidies.standards import views as standards
from subsidies.workbench import views as workbench

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
    path("months/<month:month>/<code:code>/confirm/", workflow_views.confirm_several, name="sheet-confirm"),
    path("months/<month:month>/communities/<code:code>/compute/", sheets.compute_lines, name="community-compute"),
    path("months/<month:month>/communities/<code:code>/confirm/", workflow_views.confirm, name="community-confirm"),
    *(
        path(f"months/<month:month>/<code:code>/{step}/", workflow_views.take, {"step": step}, name=f"sheet-{step}")
        for step in (Step.SUBMIT, Step.ENDORSE, Step.RETURN, Step.APPROVE)
    ),
    path("payments/", bank_views.index, name="payments"),
    path("payments/reconciliation/", reconciliation_views.page, name="reconciliation"),
    path("payments/templates/", template_views.index, name="bank-templates"),
    path("payments/templates/ready/", template_views.add_ready, name="bank-templates-ready"),
    path("payments/templates/add/", template_views.edit, name="bank-template-add"),
    path("payments/templates/<int:pk>/", template_views.edit, name="bank-template"),
    path("payments/answers/<int:pk>/", answer_views.answer, name="bank-answer"),
    path("months/<month:month>/<code:code>/payment/", bank_views.of_sheet, name="payment"),
    path("months/<month:month>/<code:code>/payment/answer/", answer_views.add, name="bank-answer-add"),
    path("months/<month:month>/<code:code>/payment/make/", bank_views.make, name="payment-make"),
    path("payments/<int:pk>/withdraw/", bank_views.withdraw, name="payment-withdraw"),
    path("months/<month:month>/<code:code>/payment/settle/", bank_views.settle, name="payment-settle"),
    path("months/<month:month>/members/<int:pk>/give-up/", bank_views.give_up, name="give-up"),
    path("months/<month:month>/members/<int:pk>/reinstate/", bank_views.reinstate, name="reinstate"),
    path("answers/<int:pk>/discard/", answer_views.discard, name="bank-answer-discard"),
    path("answers/<int:pk>/revoke/", answer_views.revoke, name="bank-answer-revoke"),
    path("months/<month:month>/export/", exports.of_city, name="city-export"),
    path("months/<month:month>/<code:code>/export/", exports.of_sheet, name="export"),
    path("months/<month:month>/members/<int:pk>/", lines.line, name="line"),
    path("months/<month:month>/members/<int:pk>/statement/", lines.statement, name="line-statement"),
    path("forecast/", forecast.page, name="forecast"),
    path("forecast/workbook/", forecast.workbook, name="forecast-workbook"),
    path("budgets/<int:year>/", forecast.budget, name="budget"),
    path("budgets/<int:year>/<code:code>/", forecast.budget_edit, name="budget-edit"),
    path("parallel/", comparison_views.ParallelRuns.as_view(), name="parallel-runs"),
    path("parallel/add/", comparison_views.add, name="parallel-add"),
    path("parallel/<int:pk>/", comparison_views.Comparison.as_view(), name="parallel-run"),
    path("parallel/<int:pk>/columns/", comparison_views.columns, name="parallel-columns"),
    path("parallel/<int:pk>/remove/", comparison_views.RemoveComparison.as_view(), name="parallel-remove"),
    path("", include("subsidies.notices.urls")),
    path("seals/", seals.chains, name="seals"),
    path("seals/verify/", seals.verify, name="seals-verify"),
    path("corrections/", corrections.Corrections.as_view(), name="corrections"),
    path("corrections/propose/", corrections.propose, name="corrections-propose"),
    path("corrections/decide/", corrections.decide, name="corrections-decide"),
    path("corrections/<int:pk>/", corrections.correction, name="correction"),
    path("debts/", debt_views.Debts.as_view(), name="debts"),
    path("debts/<int:pk>/", debt_views.debt, name="debt"),
    path("debts/<int:pk>/repay/", debt_views.Repay.as_view(), name="repayment-add"),
    path("debts/<int:pk>/notify/", debt_views.Notify.as_view(), name="debt-notice-add"),
    path("debts/notices/<int:pk>/", debt_views.notice, name="debt-notice"),
    path("debts/repayments/<int:pk>/reverse/", debt_views.ReverseRepayment.as_view(), name="repayment-reverse"),
    path("holds/", hold_views.Holds.as_view(), name="holds"),
    path("holds/add/", hold_views.add, name="hold-add"),
    path("holds/<int:pk>/release/", hold_views.release, name="hold-release"),
    path("standards/", standards.index, name="standards"),
    path("standards/add/", standards.AddStandard.as_view(), name="standard-add"),
    path("standards/<int:pk>/edit/", standards.EditStandard.as_view(), name="standard-edit"),
    path("standards/<int:pk>/discard/", standards.DiscardStandard.as_view(), name="standard-discard"),
    path("standards/<int:pk>/adopt/", standards.adopt, name="standard-adopt"),
    path("accounts/<int:year>/", account_views.of_year, name="year-accounts"),
    path("members/<int:pk>/ledger/", account_views.ledger, name="member-ledger"),
    path("members/<int:pk>/stipends/", members.stipends, name="member-stipends"),
    path("members/<int:pk>/newest-line/", lines.newest, name="newest-line"),
    path("stipends/terms/<int:pk>/communities/<code:code>/", pay_preview_views.of_reelection, name="election-stipends"),
    path("stipends/plans/<int:pk>/", pay_preview_views.of_plan, name="plan-stipends"),
    path("stipends/preview/<slug:act>/<int:pk>/", pay_preview_views.preview, name="stipend-preview"),
    path("stipends/groups/<int:pk>/", pay_preview_views.of_group, name="group-stipends"),
    path("stipends/committees/<int:pk>/", pay_preview_views.of_committee, name="committee-stipends"),
    path("stipends/members/<int:pk>/now/", pay_preview_views.why, name="stipend-now"),
]
