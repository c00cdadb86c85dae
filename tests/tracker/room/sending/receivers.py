"""Receivers for tests, on real sockets of this machine: of webhooks over HTTP and HTTPS, of mail over SMTP with STARTTLS, TLS and signing in."""

from __future__ import annotations

import base64
import json
import socketserver
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answering = Callable[[BaseHTTPRequestHandler], None]


def answer(status: int, **heads: str) -> Answering:
    def do(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in heads.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return do


class Hook:
    """Takes webhooks and answers as it is told."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        self.answering = answer(204)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.paths: list[str] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                hook.paths.append(self.path)
                hook.answering(self)

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self.server = _QuietHttp(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/room?key=secret-in-url"

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    def told(self) -> list[tuple[str, str]]:
        """Cause and alert of each that came."""
        return [(one["data"]["cause"], one.get("subject", "")) for one in self.events()]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class _QuietHttp(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class MailBox:
    """A mail server (RFC 5321) that keeps what it gets."""

    def __init__(
        self, certificate: tuple[Path, Path] | None = None, *, is_tls: bool = False, password: str | None = None
    ) -> None:
        self.mails: list[EmailMessage] = []
        self.said: list[str] = []
        self.envelopes: list[tuple[str, list[str], bool]] = []
        self.refuses: dict[str, str] = {}
        """Verb -> what is answered to it instead."""
        box = self
        context: ssl.SSLContext | None = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)

        class Handler(socketserver.StreamRequestHandler):
            def setup(self) -> None:
                if is_tls and context is not None:
                    self.request = context.wrap_socket(self.request, server_side=True)
                super().setup()

            def finish(self) -> None:
                with suppress(OSError):
                    super().finish()
                self.request.close()

            def handle(self) -> None:
                is_encrypted, sender, to = is_tls, "", list[str]()
                self.tell("220 box ESMTP")
                while line := self.rfile.readline().decode():
                    box.said.append(line.rstrip("\r\n"))
                    verb = line.split()[0].upper()
                    if verb in box.refuses:
                        self.tell(box.refuses[verb])
                    elif verb == "EHLO":
                        offers = ["STARTTLS"] if context is not None and not is_encrypted else []
                        offers += ["AUTH PLAIN"] if password is not None and (is_encrypted or context is None) else []
                        lines = ["box", *offers, "8BITMIME"]
                        for one in lines[:-1]:
                            self.tell(f"250-{one}")
                        self.tell(f"250 {lines[-1]}")
                    elif verb == "STARTTLS" and context is not None:
                        self.tell("220 go on")
                        self.rfile.close()
                        self.request = context.wrap_socket(self.request, server_side=True)
                        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")
                        is_encrypted = True
                    elif verb == "AUTH":
                        is_right = base64.b64decode(line.split()[2]).decode().split("\0")[2] == password
                        self.tell("235 well" if is_right else "535 no")
                    elif verb == "MAIL":
                        sender = line.partition("<")[2].partition(">")[0]
                        self.tell("250 well")
                    elif verb == "RCPT":
                        to.append(line.partition("<")[2].partition(">")[0])
                        self.tell("250 well")
                    elif verb == "DATA":
                        self.tell("354 go on")
                        lines_of_mail = iter(self.rfile.readline, b".\r\n")
                        raw = b"".join(one[1:] if one.startswith(b"..") else one for one in lines_of_mail)
                        mail = message_from_bytes(raw, policy=policy.default)
                        assert isinstance(mail, EmailMessage)
                        box.envelopes.append((sender, to, is_encrypted))
                        box.mails.append(mail)
                        self.tell("250 taken")
                    elif verb == "QUIT":
                        self.tell(box.refuses.get("BYE", "221 bye"))
                        return
                    else:
                        self.tell("250 well")

            def tell(self, line: str) -> None:
                self.wfile.write(line.encode() + b"\r\n")
                self.wfile.flush()

        self.server = _QuietTcp(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class _QuietTcp(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass
