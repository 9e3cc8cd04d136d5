"""What stands outside: a system that receives webhooks over HTTP, and a mail server. Real sockets on the loopback."""

import email
import email.policy
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TLS = Path(__file__).parent / "tls"  # a certificate for localhost by an authority that only these tests know


@dataclass
class Posted:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A system that answers with the statuses given, one after the other, then with 204."""

    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    posted: list[Posted] = field(default_factory=list)
    busy: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event | None = None
    port: int = 0

    @property
    def url(self) -> str:
        """Where it listens; the query is what a token would be."""
        return f"http://127.0.0.1:{self.port}/hooks/ops?token=abc"


@contextmanager
def receiver(*, tls: bool = False) -> Iterator[Receiver]:
    """A receiver that listens."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.posted.append(Posted(self.path, dict(self.headers), body))
            state.busy.set()
            if state.go_on is not None:
                state.go_on.wait(10)
            self.send_response(state.answers.pop(0) if state.answers else 204)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_port
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(TLS / "receiver.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield state
        server.shutdown()


@dataclass
class MailServer:
    """A mail server that takes everything but what goes to an address it refuses."""

    port: int = 0
    refuses: str = ""
    received: list[EmailMessage] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server that listens; as much of SMTP as a client needs."""
    state = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 ready")
            for raw in self.rfile:
                command = raw.decode().strip()
                if command.upper().startswith("DATA"):
                    self.say("354 go on")
                    self.take()
                elif state.refuses and command.upper().startswith("RCPT") and state.refuses in command:
                    self.say("550 no such person")
                else:
                    self.say("250 ok" if not command.upper().startswith("QUIT") else "221 bye")

        def take(self) -> None:
            lines = []
            for line in self.rfile:
                if line == b".\r\n":
                    break
                lines.append(line.removeprefix(b"."))
            message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            state.received.append(message)
            self.say("250 taken")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield state
        server.shutdown()
