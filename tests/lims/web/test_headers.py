"""Headers of every answer: what a browser may load, ask, keep and frame."""

from __future__ import annotations

import pytest
from django.test import Client

from lims.accounts.models import User

WANTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/act/", 200),
        ("/sign-in/", 302),
        ("/account/statement/", 200),
        ("/people-of-nowhere/", 404),
        ("/sign-out/", 405),
        ("/broken/", 500),
        ("/healthz", 200),
    ],
)
@pytest.mark.clause("11.30", "R43")
def test_every_answer_carries_them_whatever_it_is(at_act: Client, address: str, status: int) -> None:
    at_act.raise_request_exception = False
    answer = at_act.get(address)
    assert answer.status_code == status
    assert {name: answer.get(name) for name in WANTED} == WANTED
    assert "camera=()" in answer["Permissions-Policy"]
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("address", ["/act/", "/account/statement/", "/people-of-nowhere/", "/broken/"])
def test_no_browser_keeps_a_page(at_act: Client, address: str) -> None:
    at_act.raise_request_exception = False
    assert "no-store" in at_act.get(address)["Cache-Control"]


def test_stylesheets_are_kept_and_taken_for_nothing_else(client: Client, aoki: User) -> None:
    answer = client.get("/static/lims/lims.css")
    answer.close()
    assert "no-store" not in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in answer["Content-Security-Policy"]
