"""Addresses of the messages."""

from django.urls import path

from ops_platform.notifications import views

urlpatterns = [
    path("", views.Messages.as_view(), name="messages"),
    path("read-all/", views.ReadAll.as_view(), name="messages-read-all"),
    path("<int:pk>/open/", views.OpenMessage.as_view(), name="message-open"),
]
