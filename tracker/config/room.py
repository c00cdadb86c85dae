"""Settings of the room (``[room]``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from tracker.schema import check_thresholds, threshold


@dataclass(frozen=True, slots=True)
class RoomConfig:
    """The room: sessions, sign-in, limits of requests. Used by ``tidewaiter room``."""

    session_idle_min: float = threshold(
        60.0,
        "A session that asked for nothing so long asks for the password again; what it shows stays readable.",
        "ours: the response time of an alert (60 min); NIST SP 800-63B 2.2.3 says 1 h for its second level",
        low=1.0,
        high=1440.0,
    )
    session_most_h: float = threshold(
        13.0,
        "A session ends so long after the password was given last, however busy it is.",
        "ours: a night of twelve hours and its hand-over; NIST SP 800-63B 2.2.3 says 24 h at most",
        low=0.1,
        high=24.0,
    )
    session_renew_h: float = threshold(
        12.0,
        "So long after it ran out a session can be taken up again with the password, with what it holds.",
        "ours: a shift",
        low=0.0,
        high=72.0,
    )
    password_least_chars: int = threshold(
        12,
        "Least length of a password.",
        "ours: between the 8 of NIST SP 800-63B (beside a second factor) and its 15 (alone)",
        low=8,
        high=64,
    )
    password_once_h: float = threshold(
        24.0,
        "A password given for once holds so long.",
        "ours: a new colleague signs in on the next day at the latest",
        low=0.1,
        high=720.0,
    )
    opening_min: float = threshold(
        60.0,
        "A compartment opened in need is closed again after so long.",
        "ours: the response time of an alert (60 min)",
        low=1.0,
        high=480.0,
    )
    token_most_d: float = threshold(
        365.0,
        "A service's token holds at most so long.",
        "ours: a secret that nobody has looked at for a year is nobody's",
        low=1.0,
        high=3650.0,
    )
    token_overlap_h: float = threshold(
        24.0,
        "After a rotation the old secret of a token holds so long beside the new one.",
        "ours: a day for bringing the new one to every machine",
        low=0.0,
        high=720.0,
    )

    requests_per_s: float = threshold(
        20.0,
        "Requests a caller may send, on average; ten seconds' worth may come at once. Each session and token counts by itself, strangers by their address.",
        "ours: a page of the queue asks some ten times when it opens, and rests",
        low=0.1,
        high=10_000.0,
    )
    body_mb: float = threshold(
        1.0,
        "A larger body is refused (413); papers go by [papers] document_mb.",
        "ours: a bulk act on a thousand alerts is some 100 kB",
        low=0.01,
        high=1000.0,
    )
    body_s: float = threshold(
        20.0,
        "A body has to be whole by then.",
        "ours: a megabyte over a line of half a megabit a second",
        low=1.0,
        high=600.0,
    )
    most_connections: int = threshold(
        1024,
        "Connections at once; beyond, the one that has waited longest without a request is cut off.",
        "ours: 200 clients with a stream each and some requests beside it, several times over",
        low=8,
        high=100_000,
    )
    stop_s: float = threshold(
        5.0,
        "What is being answered when the room ends may go on so long; streams end at once.",
        "ours: half of the ten seconds after which container managers kill",
        low=0.0,
        high=60.0,
    )
    hosts: tuple[str, ...] = threshold(
        (),
        "Names under which the room is reached, besides the address it listens on; another Host is refused.",
        "choice: no name is believed that nobody has written down",
    )
    oidc_issuer: str = threshold(
        "",
        "OpenID Connect provider by which persons may come in, as https://login.example.org; empty: none.",
        "choice: none unless told",
    )
    oidc_client_id: str = threshold("", "Name of the room at the provider.", "OpenID Connect Core 1.0")
    oidc_secret_file: str = threshold(
        "", "File whose first line is the room's secret at the provider.", "choice: no secret stands in a settings file"
    )
    oidc_claim: str = threshold(
        "preferred_username",
        "Claim of the provider's token that is the login of a person here. It must be one that persons cannot choose at the provider.",
        "OpenID Connect Core 1.0, 5.1",
    )
    tls_certificate: str = threshold(
        "",
        "PEM file with the certificate and its chain; with tls_key the room speaks TLS itself.",
        "choice: none made up",
    )
    tls_key: str = threshold("", "PEM file with the key of the certificate.", "choice: none made up")
    proxies: tuple[str, ...] = threshold(
        (),
        "Addresses or networks of proxies with TLS whose X-Forwarded-For and X-Forwarded-Proto are believed.",
        "choice: nobody is believed that was not named",
    )
    first_password_file: str = threshold(
        "",
        "File in which the first administrator's password is left; empty: it is said on standard output, and under systemd left in the room's folder.",
        "choice: where standard output is kept as a log, as by a container's manager, a password is none of its lines",
    )
    folder: str = threshold(
        "",
        "Where the key of the audit is kept when --data is a database; empty: the user's data folder.",
        "choice: beside the store where that is a folder",
    )

    acknowledge_critical_min: float = threshold(
        5.0,
        "A critical alert must be acknowledged within so long; then the supervisor of the unit is told, after twice that every supervisor.",
        "ours: a part of the response time (60 min); users of duty rosters ask for reminders after 15 min (Grafana OnCall issue 4062)",
        low=0.5,
        high=240.0,
    )
    acknowledge_high_min: float = threshold(
        15.0,
        "The same of a high alert.",
        "ours: as above; users of duty rosters ask for reminders after 15 min (Grafana OnCall issue 4062)",
        low=0.5,
        high=480.0,
    )
    acknowledge_min: float = threshold(
        60.0,
        "The same of a medium or low alert.",
        "ours: the response time (60 min)",
        low=1.0,
        high=1440.0,
    )
    respond_min: float = threshold(
        60.0,
        "Somebody must have an alert, a person or a unit, within so long of its first call; then every supervisor is told.",
        "response within 60 min by twelve units, as customs administrations that track vessels have it",
        low=1.0,
        high=1440.0,
    )
    shift_h: float = threshold(
        12.0,
        "Length of a shift: what the load of a desk and the sheet of a hand-over look back on.",
        "ISA-18.2 counts by operator and day; rooms of this kind work in two shifts of twelve hours",
        low=1.0,
        high=24.0,
    )
    http_address: str = threshold(
        "",
        "Where /metrics, /healthz and /readyz of the room are served, host:port, to whoever reaches it; empty: nowhere.",
        "choice: nothing is open that nobody asked for; metrics have counts of all alerts and no names",
    )
    keep_alerts_d: float = threshold(
        1095.0,
        "So long after its last change what a finished alert told is erased: parties, goods, evidence, notes, what was found. Its kind, rule, area, confidence and outcome stay.",
        "ours: three years, the time within which customs debts are notified (Union Customs Code, art. 103)",
        low=30.0,
        high=36_500.0,
    )
    keep_sheets_d: float = threshold(
        365.0,
        "A sheet of a hand-over is erased after so long.",
        "ours: a year of shifts; its head of the audit stands in the audit as well",
        low=7.0,
        high=36_500.0,
    )
    keep_sessions_d: float = threshold(
        90.0,
        "Sessions that ended, with the address they came from, and browsers that were not used, are erased after so long.",
        "ours: a quarter, within which somebody asks who was signed in",
        low=3.0,
        high=3650.0,
    )
    keep_persons_d: float = threshold(
        90.0,
        "The login and the name of a person are replaced so long after it was blocked; its id stays, and what it did.",
        "ours: a quarter, after which who left comes back no more",
        low=0.0,
        high=36_500.0,
    )
    anchors: str = threshold(
        "",
        "File to which signed heads of the audit are appended every hour; best on a disk that the administrator of this machine cannot write. Empty: anchors.jsonl beside the key.",
        "choice: a file can be collected by anything",
    )
    heads_topic: str = threshold(
        "",
        "Topic to which signed heads of the audit are sent, too, at the brokers of [kafka]; it is made by whoever keeps them. Empty: none.",
        "choice: a topic that this machine can only append to is an anchor",
    )
    engine_token: str = threshold(
        "",
        "File with the token for the engine's door, where --engine is an address and not the file of a store.",
        "choice: no secret stands in a setting",
    )

    link_base: str = threshold(
        "",
        "Address by which people reach the room, as https://room.example.org: what is sent has links that begin with it. Empty: links begin with /api.",
        "choice: no name is believed that nobody has written down",
    )
    webhook_networks: tuple[str, ...] = threshold(
        (),
        "Networks, besides public addresses, to which webhooks may be sent, as 10.20.0.0/16; private, link-local, loopback and other special addresses are refused elsewhere.",
        "OWASP API7:2023, server side request forgery: only what is named",
    )
    webhook_plain: bool = threshold(
        False,
        "Webhooks may go by http:// beyond this machine, readable on the way.",
        "choice: nothing is sent in clear unless told",
    )
    sending_ca: str = threshold(
        "",
        "PEM file with the authorities whose certificates receivers of webhooks and the mail server may have; empty: those of this machine.",
        "choice: none made up",
    )
    mail_server: str = threshold(
        "", "HOST:PORT of the mail server (SMTP); empty: the room sends no mail.", "choice: none unless told"
    )
    mail_security: str = threshold(
        "starttls",
        "starttls, tls (from the first byte) or none (to this machine alone).",
        "RFC 8314 (tls), RFC 3207 (starttls)",
    )
    mail_user: str = threshold("", "User at the mail server; empty: nobody signs in.", "choice: none unless told")
    mail_password_file: str = threshold(
        "", "File whose first line is the password at the mail server.", "choice: no secret stands in a settings file"
    )
    mail_from: str = threshold("", "Address from which mails come, as room@example.org.", "RFC 5322, From")
    mails_per_h: int = threshold(
        20,
        "Mails an hour to one address; the last of them says so, and what follows waits for one mail.",
        "ours: one in three minutes is more than anybody reads; ISA-18.2 holds six alarms an hour for acceptable",
        low=2,
        high=3600,
    )

    def __post_init__(self) -> None:
        check_thresholds(self)
        self._check_sending()
        if self.heads_topic and re.fullmatch(r"[A-Za-z0-9._-]{1,249}", self.heads_topic) is None:
            raise ValueError("heads_topic is no name of a topic; use letters, digits, dot, dash, underscore")
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("tls_certificate and tls_key go together; name both or neither")
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_secret_file):
            raise ValueError("oidc_issuer needs oidc_client_id and oidc_secret_file")
        is_loopback = self.oidc_issuer.startswith(("http://127.0.0.1:", "http://localhost:"))
        if self.oidc_issuer and not (self.oidc_issuer.startswith("https://") or is_loopback):
            raise ValueError("oidc_issuer is no https:// address")
        for name in ("proxies", "webhook_networks"):
            for one in getattr(self, name):
                try:
                    ip_network(one, strict=False)
                except ValueError:
                    raise ValueError(f"{name} {one!r} is neither an address nor a network") from None

    def _check_sending(self) -> None:
        if self.link_base and not self.link_base.startswith(("https://", "http://")):
            raise ValueError("link_base is no https:// address")
        if self.mail_security not in ("starttls", "tls", "none"):
            raise ValueError(f"mail_security {self.mail_security!r} is none of starttls, tls, none")
        if not self.mail_server:
            return
        host, colon, port = self.mail_server.rpartition(":")
        if not (host and colon and port.isdecimal() and 0 < int(port) < 65536):
            raise ValueError(f"mail_server {self.mail_server!r} is no address; write host:port")
        if _ADDRESS.fullmatch(self.mail_from) is None:
            raise ValueError("mail_server needs mail_from, an address of mail")
        if self.mail_security == "none" and not _is_loopback(host):
            raise ValueError("mail_security none sends in clear, to this machine alone; set starttls or tls")
        if self.mail_user and not self.mail_password_file:
            raise ValueError("mail_user needs mail_password_file")


_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
"""An address of mail in ASCII, as HTML has it for a field of type email."""


def is_mail_address(text: str) -> bool:
    """Whether a text is an address of mail; nothing that would break a head of one.

    >>> is_mail_address("duty@example.org"), is_mail_address("a@b\\nBcc: c@d")
    (True, False)
    """
    return _ADDRESS.fullmatch(text) is not None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
