"""Addresses of business events."""

from django.urls import path

from ops_platform.ledger.views import events

urlpatterns = [
    path("events/", events.Events.as_view(), name="events"),
    path("events/<int:institution>/book/", events.BookEvents.as_view(), name="book-events"),
    path("events/<int:institution>/look-ahead/", events.LookAhead.as_view(), name="look-ahead"),
    path("events/<int:institution>/one/", events.EventPage.as_view(), name="event"),
    path("events/<int:institution>/one/facts/", events.EventFactsPage.as_view(), name="event-facts"),
]
