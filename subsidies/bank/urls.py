from django.urls import path

from subsidies.bank import answer_views, reconciliation_views, template_views, views

urlpatterns = [
    path("payments/", views.index, name="payments"),
    path("payments/reconciliation/", reconciliation_views.page, name="reconciliation"),
    path("payments/templates/", template_views.index, name="bank-templates"),
    path("payments/templates/ready/", template_views.add_ready, name="bank-templates-ready"),
    path("payments/templates/add/", template_views.edit, name="bank-template-add"),
    path("payments/templates/<int:pk>/", template_views.edit, name="bank-template"),
    path("payments/answers/<int:pk>/", answer_views.answer, name="bank-answer"),
    path("months/<month:month>/<code:code>/payment/", views.of_sheet, name="payment"),
    path("months/<month:month>/<code:code>/payment/answer/", answer_views.add, name="bank-answer-add"),
    path("months/<month:month>/<code:code>/payment/make/", views.make, name="payment-make"),
    path("payments/<int:pk>/withdraw/", views.withdraw, name="payment-withdraw"),
    path("months/<month:month>/<code:code>/payment/settle/", views.settle, name="payment-settle"),
    path("months/<month:month>/members/<int:pk>/give-up/", views.GiveUp.as_view(), name="give-up"),
    path("months/<month:month>/members/<int:pk>/reinstate/", views.Reinstate.as_view(), name="reinstate"),
    path("answers/<int:pk>/discard/", answer_views.discard, name="bank-answer-discard"),
    path("answers/<int:pk>/revoke/", answer_views.revoke, name="bank-answer-revoke"),
]
