"""Address of the attachments."""

from django.urls import path

from ops_platform.documents import views

urlpatterns = [
    path("<int:pk>/", views.Download.as_view(), name="document"),
]
