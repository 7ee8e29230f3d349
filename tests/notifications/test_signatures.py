"""Messages are signed as the specification Standard Webhooks has it."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from promoter_view.notifications.signatures import EXPECTED, SecretError, read_secrets, webhook_headers

#: The specification's own example, as its reference libraries test it.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
IDENTITY, TIMESTAMP = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_example() -> None:
    """The example of the specification's libraries comes out."""
    told = dict(webhook_headers(IDENTITY, TIMESTAMP, BODY, read_secrets(SECRET.encode())))
    assert told == {
        "webhook-id": IDENTITY,
        "webhook-timestamp": str(TIMESTAMP),
        "webhook-signature": SIGNATURE,
    }


def test_two_secrets() -> None:
    """While a secret changes, both sign, with a blank between: a receiver that knows one of them finds its own."""
    other = base64.b64encode(b"x" * 24).decode()
    secrets = read_secrets(f"whsec_{other}\n\n {SECRET} \r\n".encode())
    first, second = dict(webhook_headers("1-0", 5, BODY, secrets))["webhook-signature"].split(" ")
    expected = hmac.new(b"x" * 24, b"1-0.5." + BODY, hashlib.sha256).digest()
    assert first == "v1," + base64.b64encode(expected).decode()
    assert second == dict(webhook_headers("1-0", 5, BODY, secrets[1:]))["webhook-signature"]


def test_unsigned() -> None:
    """Without a secret the identity and the time are there."""
    assert webhook_headers("1-0", 5, BODY, ()) == (("webhook-id", "1-0"), ("webhook-timestamp", "5"))


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"\n",
        b"topsecret",
        b"whsec_topsecret!",
        b"whsec_dG9wc2VjcmV0",
        b"whsec_" + base64.b64encode(b"x" * 65),
        base64.b64encode(b"topsecret" * 4),
        SECRET.encode() * 2,
        f"{SECRET}\n{SECRET}\n{SECRET}".encode(),
        b"\xff\xfe",
    ],
)
def test_no_secret(written: bytes) -> None:
    """What is no secret is refused, and nothing of it is said."""
    with pytest.raises(SecretError) as raised:
        read_secrets(written)
    assert str(raised.value) == EXPECTED
