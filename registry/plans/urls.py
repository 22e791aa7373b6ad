from django.urls import path

from registry.plans import views as plans

urlpatterns = [
    path("plans/", plans.Plans.as_view(), name="plans"),
    path("plans/begin/", plans.BeginPlan.as_view(), name="plan-begin"),
    path("plans/<int:pk>/", plans.PlanPage.as_view(), name="plan"),
    path("plans/<int:pk>/edit/", plans.edit, name="plan-edit"),
    path("plans/<int:pk>/request/", plans.RequestLetter.as_view(), name="plan-request"),
    path("plans/<int:pk>/submit/", plans.SubmitPlan.as_view(), name="plan-submit"),
    path("plans/<int:pk>/take-back/", plans.TakeBackPlan.as_view(), name="plan-take-back"),
    path("plans/<int:pk>/decide/", plans.DecidePlan.as_view(), name="plan-decide"),
    path("plans/<int:pk>/apply/", plans.ApplyPlan.as_view(), name="plan-apply"),
    path("plans/<int:pk>/discard/", plans.DiscardPlan.as_view(), name="plan-discard"),
]
