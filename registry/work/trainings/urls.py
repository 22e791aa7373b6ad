from django.urls import path

from registry.work.trainings import views as trainings

urlpatterns = [
    path("trainings/", trainings.Trainings.as_view(), name="trainings"),
    path("trainings/add/", trainings.AddTraining.as_view(), name="training-add"),
    path("trainings/people/", trainings.Participants.as_view(), name="training-people"),
    path("trainings/<int:pk>/", trainings.TrainingPage.as_view(), name="training"),
    path("trainings/<int:pk>/edit/", trainings.EditTraining.as_view(), name="training-edit"),
    path("trainings/<int:pk>/remove/", trainings.RemoveTraining.as_view(), name="training-remove"),
    path("trainings/<int:pk>/invite/", trainings.invite, name="training-invite"),
    path("trainings/<int:pk>/sheet/", trainings.SignInSheet.as_view(), name="training-sheet"),
    path("trainings/<int:pk>/communities/<code:code>/", trainings.sign_in, name="training-sign-in"),
]
