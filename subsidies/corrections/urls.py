from django.urls import path

from subsidies.corrections import debt_views, hold_views, views

urlpatterns = [
    path("corrections/", views.Corrections.as_view(), name="corrections"),
    path("corrections/propose/", views.propose, name="corrections-propose"),
    path("corrections/decide/", views.decide, name="corrections-decide"),
    path("corrections/<int:pk>/", views.correction, name="correction"),
    path("debts/", debt_views.Debts.as_view(), name="debts"),
    path("debts/<int:pk>/", debt_views.debt, name="debt"),
    path("debts/<int:pk>/repay/", debt_views.Repay.as_view(), name="repayment-add"),
    path("debts/<int:pk>/notify/", debt_views.Notify.as_view(), name="debt-notice-add"),
    path("debts/notices/<int:pk>/", debt_views.notice, name="debt-notice"),
    path("debts/repayments/<int:pk>/reverse/", debt_views.ReverseRepayment.as_view(), name="repayment-reverse"),
    path("holds/", hold_views.Holds.as_view(), name="holds"),
    path("holds/add/", hold_views.add, name="hold-add"),
    path("holds/<int:pk>/release/", hold_views.release, name="hold-release"),
]
