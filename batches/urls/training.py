"""Addresses of training."""

from django.urls import path

from batches.views import training

urlpatterns = [
    path("training/", training.training, name="training"),
    path("training/record/", training.recording, name="record-training"),
    path("training/people/<str:username>/", training.person, name="training-person"),
    path("training/<int:pk>/withdraw/", training.withdrawal, name="withdraw-training"),
]
