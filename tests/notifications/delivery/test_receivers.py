"""Posting to real servers on loopback: what is sent, what an answer means, what is never said."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from twisted.internet import reactor

from promoter_view.notifications.declaring import Receiver, ReceiverHeader
from promoter_view.notifications.delivery import receivers as module
from promoter_view.notifications.delivery.answers import MessageFate, ReceiverAnswer
from promoter_view.notifications.delivery.receivers import ReceiverConnection
from promoter_view.notifications.messages import OutgoingMessage
from promoter_view.notifications.sample import SAMPLE
from tests.contract.spinning import end, run
from tests.support.notifications.receivers import ReceiverServer
from tests.support.notifications.validator import check_signatures
from tests.support.ports import free_port
from tests.support.runtimes import a_runtime

MESSAGE = OutgoingMessage(b'{"a": 1}', "application/json", (("X-Told", "yes"),))
SECRETS = tuple("whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in range(2))


@pytest.fixture(autouse=True, scope="module")
def _ended() -> Iterator[None]:
    yield
    end()


@pytest.fixture
def server() -> Iterator[ReceiverServer]:
    found = ReceiverServer()
    yield found
    found.close()


def post(receiver: Receiver, message: OutgoingMessage = MESSAGE) -> ReceiverAnswer:
    """A message to it, from a connection of its own."""
    import time

    async def posted() -> ReceiverAnswer:
        connection = ReceiverConnection(receiver, runtime=a_runtime(reactor, wall=time.time))
        try:
            return await connection.post(message, (SAMPLE,))
        finally:
            await connection.close()

    return run(posted())


def test_what_is_sent(server: ReceiverServer, tmp_path: Path) -> None:
    """Body, headers of the message and of the receiver, identity, time, and a signature by each secret."""
    secret, token, url = tmp_path / "secret", tmp_path / "token", tmp_path / "url"
    secret.write_text("\n".join(SECRETS) + "\n")
    token.write_text("Bearer abc\n")
    url.write_text(server.url + "\n")
    headers = (ReceiverHeader("Authorization", value_file=str(token)), ReceiverHeader("X-Team", "payments"))
    answer = post(Receiver(url_file=str(url), secret_file=str(secret), headers=headers))
    assert answer == ReceiverAnswer(MessageFate.TAKEN, "HTTP 204")
    (found,) = server.received
    assert (found.body, found.identity) == (MESSAGE.body, SAMPLE.identity.name)
    told = {name: found.headers[name] for name in ("content-type", "authorization", "x-team", "x-told")}
    assert told == {
        "content-type": "application/json",
        "authorization": "Bearer abc",
        "x-team": "payments",
        "x-told": "yes",
    }
    for each in SECRETS:
        check_signatures([found], [each])


def test_a_redirect_is_not_followed(server: ReceiverServer) -> None:
    """Wherever it leads: it may be a way into a network that only we can reach."""
    other = ReceiverServer()
    server.answer = lambda _: (307, {"Location": other.url})
    answer = post(Receiver(server.url))
    other.close()
    assert (answer.fate, answer.said) == (MessageFate.FAILED, "HTTP 307: redirects are not followed")
    assert other.received == []


def test_retry_after(server: ReceiverServer) -> None:
    """Whoever asks for patience gets it."""
    server.answer = lambda _: (429, {"Retry-After": "7"})
    assert post(Receiver(server.url)) == ReceiverAnswer(MessageFate.FAILED, "HTTP 429", 7.0)


def test_one_that_never_answers(server: ReceiverServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up."""
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.2)
    server.answer = lambda _: None
    answer = post(Receiver(server.url))
    assert (answer.fate, answer.said) == (MessageFate.FAILED, "no answer within 0 seconds")


def test_one_that_is_not_there() -> None:
    """What is said has nothing of the address's path."""
    answer = post(Receiver(f"http://127.0.0.1:{free_port()}/hook/secret-part"))
    assert answer.fate is MessageFate.FAILED
    assert answer.said.startswith("no answer: ")
    assert "secret-part" not in answer.said


@pytest.mark.parametrize("name", ["url", "secret"])
def test_a_file_that_is_not_there(server: ReceiverServer, tmp_path: Path, name: str) -> None:
    """It may come yet: nothing is sent without it."""
    lost = str(tmp_path / "lost")
    receiver = Receiver(url_file=lost) if name == "url" else Receiver(server.url, secret_file=lost)
    answer = post(receiver)
    assert answer.fate is MessageFate.FAILED
    assert "No such file" in answer.said
    assert server.received == []


def test_a_secret_that_is_none(server: ReceiverServer, tmp_path: Path) -> None:
    """Nothing is sent unsigned, and nothing of the file is said."""
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    answer = post(Receiver(server.url, secret_file=str(secret)))
    assert answer.fate is MessageFate.FAILED
    assert "hunter2" not in answer.said
    assert server.received == []


def test_an_address_of_a_file_that_is_none(tmp_path: Path) -> None:
    """It may be in the middle of a change: it is read again, and the message waits; not a word of it is said."""
    url = tmp_path / "url"
    url.write_text("ftp://example.com/secret-part")
    answer = post(Receiver(url_file=str(url)))
    assert answer.fate is MessageFate.FAILED
    assert "secret-part" not in answer.said
    assert post(Receiver(url="https://host:/x")).fate is MessageFate.FAILED


def test_one_that_speaks_no_http() -> None:
    """Its words are not said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-secret-part\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        told = post(Receiver(url=f"http://127.0.0.1:{listening.getsockname()[1]}/"))
        thread.join()
    assert told.fate is MessageFate.FAILED
    assert "secret" not in told.said
    assert "no HTTP" in told.said


def test_an_answer_without_end_counts_by_its_status() -> None:
    """Its body is not waited for, and not read for long."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(1 << 40))
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                ended.set()

        def log_message(self, *args: object) -> None:
            pass

    ended, endless = threading.Event(), ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
    endless.daemon_threads = True
    threading.Thread(target=endless.serve_forever, daemon=True).start()

    async def posted() -> ReceiverAnswer:
        from twisted.internet.task import deferLater

        connection = ReceiverConnection(
            Receiver(f"http://127.0.0.1:{endless.server_port}/"), runtime=a_runtime(reactor)
        )
        answer = await connection.post(MESSAGE, (SAMPLE,))
        for _ in range(100):
            if ended.is_set():
                break
            await deferLater(reactor, 0.05)
        return answer

    assert run(posted()).fate is MessageFate.TAKEN
    assert ended.is_set()
    endless.shutdown()


def test_headers_without_end() -> None:
    """They cost the receiver its connection: nobody keeps them all."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sent = list[int]()

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                with suppress(OSError):
                    while len(sent) < 100_000:
                        connection.sendall(b"X-Long: %b\r\n" % (b"x" * 1000))
                        sent.append(1000)

        thread = threading.Thread(target=answer)
        thread.start()
        told = post(Receiver(url=f"http://127.0.0.1:{listening.getsockname()[1]}/"))
        thread.join()
    assert told.fate is MessageFate.FAILED
    assert len(sent) < 100_000


def test_a_certificate_has_to_be_the_receivers(tmp_path: Path) -> None:
    """It is verified by the platform's authorities, or by those of caFile, which may come later."""
    from datetime import UTC, datetime, timedelta

    from promoter_view.web.certificates import self_signed

    now = datetime.now(UTC)
    files = self_signed(tmp_path / "certificates", names=("127.0.0.1",), now=now)
    server = ReceiverServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server.close()
    server.context = context
    server.open()
    url = server.url.replace("http:", "https:")
    refused = post(Receiver(url))
    assert refused.fate is MessageFate.FAILED
    assert refused.said == "no answer: the server's certificate is signed by itself, and is not trusted"
    assert post(Receiver(url, ca_file=str(files.certificate))).fate is MessageFate.TAKEN
    for days, word in ((-4000, "has expired"), (4000, "is not valid yet")):
        other = self_signed(tmp_path / word, names=("127.0.0.1",), now=now + timedelta(days=days))
        context.load_cert_chain(other.certificate, other.key)
        refused = post(Receiver(url, ca_file=str(other.certificate)))
        assert (refused.fate, refused.said) == (MessageFate.FAILED, f"no answer: the server's certificate {word}")
    server.close()
