"""Addresses of the messages, and of what leaves the platform."""

from django.urls import path

from ops_platform.notifications import views

urlpatterns = [
    path("", views.Messages.as_view(), name="messages"),
    path("read-all/", views.ReadAll.as_view(), name="messages-read-all"),
    path("<int:pk>/open/", views.OpenMessage.as_view(), name="message-open"),
]

delivery_patterns = [
    path("webhooks/", views.Webhooks.as_view(), name="webhooks"),
    path("webhooks/new/", views.NewWebhook.as_view(), name="new-webhook"),
    path("webhooks/<int:pk>/rotate-secret/", views.RotateSecret.as_view(), name="rotate-webhook-secret"),
    path("webhooks/<int:pk>/test/", views.SendTest.as_view(), name="test-webhook"),
    path("webhooks/<int:pk>/deactivate/", views.DeactivateWebhook.as_view(), name="deactivate-webhook"),
    path("deliveries/", views.Deliveries.as_view(), name="deliveries"),
    path("deliveries/<int:pk>/retry/", views.RetryDelivery.as_view(), name="retry-delivery"),
]
