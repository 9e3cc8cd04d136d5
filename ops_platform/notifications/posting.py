"""Posting to a webhook: to the address that was checked, within a time, following nowhere, reading no body."""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress

from ops_platform.kernel import DomainError
from ops_platform.notifications import addresses
from ops_platform.notifications.addresses import Target

SILENCE_SECONDS = 5  # for connecting, and between any two signs of life
TOTAL_SECONDS = 15


class NotDelivered(Exception):
    """A try that failed: words for the log, the status where there was an answer. `silent`: nobody answered at all, so
    that others to the same place need not be tried right now."""

    def __init__(self, message: str, *, status: int | None = None, silent: bool = False) -> None:
        super().__init__(message)
        self.message, self.status, self.silent = message, status, silent


class _Connection(http.client.HTTPConnection):
    """A connection to one address under the name of the URL; a proxy of the environment is not asked."""

    def __init__(self, target: Target, address: str) -> None:
        super().__init__(target.host, target.port, timeout=SILENCE_SECONDS)
        self.target, self.address = target, address
        if target.tls:
            self.default_port = http.client.HTTPS_PORT  # the Host header names the port otherwise

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.target.port), SILENCE_SECONDS)
        if self.target.tls:
            context = ssl.create_default_context()
            secured = context.wrap_socket(self.sock, server_hostname=self.target.host, do_handshake_on_connect=False)
            self.sock = secured
            secured.do_handshake()

    def abort(self) -> None:
        """End whatever goes on, from another thread."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Post the body; gives the status when it is 2xx. Raises NotDelivered otherwise; a redirection is not followed."""
    try:
        target = addresses.target_of(url)
        connection = _Connection(target, addresses.resolve(target))
    except DomainError as refusal:
        raise NotDelivered(refusal.message, silent=True) from refusal
    clock = threading.Timer(TOTAL_SECONDS, connection.abort)
    clock.start()
    try:
        connection.request("POST", target.path, body=body, headers=dict(headers))
        status = connection.getresponse().status
    except ssl.SSLCertVerificationError as error:
        raise NotDelivered(f"对方的 HTTPS 证书无效：{error.verify_message}", silent=True) from error
    except (OSError, http.client.HTTPException) as error:
        raise NotDelivered(f"对方没有应答({type(error).__name__})", silent=True) from error
    finally:
        clock.cancel()
        connection.close()
    if 300 <= status < 400:
        raise NotDelivered(f"对方要求转到别处(HTTP {status})，本平台不跟随", status=status)
    if not 200 <= status < 300:
        raise NotDelivered(f"对方应答 HTTP {status}", status=status)
    return status
