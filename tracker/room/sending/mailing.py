"""A mail is handed to the mail server of the settings (SMTP, RFC 5321), encrypted but on this machine."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from tracker.config.room import RoomConfig
from tracker.room.sending.posting import Sent

_SMTP_S: Final = 10.0
"""For each answer of the server (RFC 5321 4.5.3.2 lets a server take minutes; one beside the room does not)."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over. ``security``: starttls, tls or none."""

    host: str
    port: int
    security: str
    user: str
    password_file: str
    sender: str
    authorities: str = ""

    @classmethod
    def of(cls, settings: RoomConfig) -> MailServer | None:
        """The server of the settings; None where the room sends no mail."""
        if not settings.mail_server:
            return None
        host, _, port = settings.mail_server.rpartition(":")
        return cls(
            host.strip("[]"), int(port), settings.mail_security, settings.mail_user, settings.mail_password_file,
            settings.mail_from, settings.sending_ca,
        )  # fmt: skip

    def send(self, mail: EmailMessage) -> Sent:
        """Hand a mail over; whatever goes wrong is told and not raised. Nothing that the server said is repeated: it may quote the mail."""
        try:
            server = self._connected()
            try:
                server.send_message(mail)
                with suppress(smtplib.SMTPException, OSError):  # it has the mail, however it says good-bye
                    server.quit()
            finally:
                server.close()
        except smtplib.SMTPAuthenticationError as exc:
            return Sent(False, exc.smtp_code, "the mail server does not take our name and password")
        except smtplib.SMTPRecipientsRefused as exc:
            status = next((code for code, _ in exc.recipients.values()), None)
            return Sent(False, status, "the mail server refuses the address")
        except smtplib.SMTPResponseException as exc:
            return Sent(False, exc.smtp_code, f"the mail server answered {exc.smtp_code}")
        except smtplib.SMTPNotSupportedError:
            return Sent(False, None, "the mail server does not offer what the settings ask for (STARTTLS, signing in)")
        except ssl.SSLError:
            return Sent(False, None, "the certificate of the mail server does not hold, or it speaks no TLS")
        except smtplib.SMTPException:
            return Sent(False, None, "the mail server broke off")
        except OSError as exc:
            return Sent(False, None, f"the mail server is not reached ({type(exc).__name__})")
        except ValueError:
            return Sent(False, None, "the password of the mail server cannot be read")
        return Sent(True, 250, "the mail server took it")

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context(cafile=self.authorities or None)
        name = self.sender.rpartition("@")[2]
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, name, timeout=_SMTP_S, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, name, timeout=_SMTP_S)
        try:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self._password())
        except BaseException:
            server.close()
            raise
        return server

    def _password(self) -> str:
        try:
            text = Path(self.password_file).read_text(encoding="utf-8")
        except OSError as exc:
            raise ValueError from exc
        return text.partition("\n")[0].rstrip("\r")
