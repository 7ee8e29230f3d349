"""Each refusal's Status: code, reason, details and headers."""

from __future__ import annotations

import json

import pytest

from promoter_view.views.history import Ahead, Expired
from promoter_view.web import errors
from promoter_view.web.errors import Cause, Refusal
from promoter_view.web.status import internal_error, status_of

EXACT = Cause("resourceVersionMatch", "FieldValueForbidden", "Forbidden: no")
EXAMPLES = [
    (errors.BadRequest("x"), 400, "BadRequest"),
    (errors.Unauthorized("x"), 401, "Unauthorized"),
    (errors.Forbidden("x"), 403, "Forbidden"),
    (errors.ResourceNotFound("x"), 404, "NotFound"),
    (errors.ObjectNotFound("g", "r", "n"), 404, "NotFound"),
    (errors.MethodNotAllowed("g", "x"), 405, "MethodNotAllowed"),
    (errors.NotAcceptable("application/json"), 406, "NotAcceptable"),
    (Expired(1, 2), 410, "Expired"),
    (errors.ContinueExpired("t"), 410, "Expired"),
    (errors.MomentGone("-9d", "2026-11-30T09:30:00Z"), 410, "Expired"),
    (errors.Invalid("K", "g", (EXACT,)), 422, "Invalid"),
    (errors.TooManyRequests("x", 1), 429, "TooManyRequests"),
    (errors.NotReady(), 503, "ServiceUnavailable"),
    (errors.Draining(), 503, "ServiceUnavailable"),
    (errors.JournalUnavailable("x"), 503, "ServiceUnavailable"),
    (errors.NotSending(), 503, "ServiceUnavailable"),
    (errors.PastUnavailable("x"), 503, "ServiceUnavailable"),
    (errors.ReviewUnavailable("x"), 503, "ServiceUnavailable"),
    (Ahead(9, 2), 504, "Timeout"),
]


@pytest.mark.parametrize(("error", "code", "reason"), EXAMPLES)
def test_code_and_reason(error, code, reason):
    """Each has the code and reason that clients look for, in a whole Status."""
    status = status_of(error)
    assert (status.code, status.reason, status.message) == (code, reason, str(error))
    document = json.loads(status.encode())
    assert (document["kind"], document["apiVersion"], document["status"]) == ("Status", "v1", "Failure")
    assert (document["code"], document["reason"], document["message"]) == (code, reason, str(error))


def test_every_refusal_has_a_status():
    """No refusal is without a row in the table."""
    assert {type(error) for error, _, _ in EXAMPLES} >= set(Refusal.__subclasses__())


def test_details():
    """Details are what clients act on: causes, retryAfterSeconds, the object's name, a token."""
    assert status_of(errors.ObjectNotFound("g", "r", "n")).details == {"name": "n", "group": "g", "kind": "r"}
    ahead = status_of(Ahead(9, 2))
    assert ahead.message == "Too large resource version: 9, current: 2"
    assert ahead.details["retryAfterSeconds"] == 1
    assert [cause["reason"] for cause in ahead.details["causes"]] == ["ResourceVersionTooLarge"]
    assert ahead.headers == status_of(errors.NotReady()).headers == {"Retry-After": "1"}
    assert status_of(errors.ContinueExpired("t")).metadata == {"continue": "t"}
    assert status_of(errors.MethodNotAllowed()).headers == {"Allow": "GET"}


def test_invalid_names_its_causes():
    """One cause is told as it is, several in brackets."""
    one = status_of(errors.Invalid("K", "g", (EXACT,)))
    assert one.message == 'K.g "" is invalid: resourceVersionMatch: Forbidden: no'
    assert one.details["causes"] == [
        {"reason": "FieldValueForbidden", "message": "Forbidden: no", "field": "resourceVersionMatch"}
    ]
    both = status_of(errors.Invalid("K", "g", (EXACT, EXACT)))
    assert both.message.endswith(
        "is invalid: [resourceVersionMatch: Forbidden: no, resourceVersionMatch: Forbidden: no]"
    )


def test_faults_are_not_told():
    """What is a fault of ours has no Status of its own, and the one it gets tells nothing but where to look."""
    assert status_of(RuntimeError("secret")) is None
    assert internal_error("Audit-Id 7").code == 500
    assert "Audit-Id 7" in internal_error("Audit-Id 7").message
