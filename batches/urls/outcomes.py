"""Addresses of adverse events and of pain before and after."""

from django.urls import path

from batches.views import adverse_events, outcomes

urlpatterns = [
    path("batches/<str:number>/adverse-event/", adverse_events.event, name="adverse-event"),
    path("batches/<str:number>/adverse-event-check/", adverse_events.check, name="adverse-event-check"),
    path("batches/<str:number>/baseline/", outcomes.baseline, name="baseline"),
    path("batches/<str:number>/follow-up/", outcomes.follow_up, name="follow-up"),
    path("batches/<str:number>/pain-figures/<str:occasion>/", outcomes.pain_figures, name="pain-figures"),
    path("batches/<str:number>/outcomes/", outcomes.both, name="outcomes"),
]
