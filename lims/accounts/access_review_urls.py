"""Addresses of the access reviews, for QA and administrators."""

from django.urls import path

from lims.accounts import access_review_views as views

urlpatterns = [
    path("access-reviews/", views.reviews, name="access-reviews"),
    path("access-reviews/new/", views.review, name="review-access"),
    path("access-reviews/<int:pk>/", views.one, name="access-review"),
]
