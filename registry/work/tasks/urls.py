from django.urls import path

from registry.work.tasks import views as tasks

urlpatterns = [
    path("tasks/", tasks.Tasks.as_view(), name="tasks"),
    path("tasks/give/", tasks.GiveTask.as_view(), name="task-give"),
    path("tasks/<int:pk>/", tasks.TaskPage.as_view(), name="task"),
    path("tasks/<int:pk>/edit/", tasks.EditTask.as_view(), name="task-edit"),
    path("tasks/<int:pk>/done/", tasks.FinishTask.as_view(), name="task-done"),
]
