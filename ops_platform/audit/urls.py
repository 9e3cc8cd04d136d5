"""Addresses of the audit pages."""

from django.urls import path

from ops_platform.audit import views

app_name = "audit"

urlpatterns = [
    path("", views.Events.as_view(), name="events"),
    path("<int:number>/", views.Event.as_view(), name="event"),
]
