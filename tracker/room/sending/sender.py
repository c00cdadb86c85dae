"""The sender: takes what is due out of the outbox and brings it to whom it is for.

Receivers do not wait for each other: each is served by itself, at most some at once, and one that fails is left alone for a while. Whatever is sent and not written down as taken, because
the program was killed between, is sent again under the same id.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Row, func, select

from tracker.config.room import RoomConfig
from tracker.room.alerts.open_alerts import OpenAlerts
from tracker.room.desk.clocks import ClockSettings
from tracker.room.sending.addresses import Policy
from tracker.room.sending.ends import GIVEN_UP, WITHHELD, delivered, ended, forget_old
from tracker.room.sending.escalating import Escalating
from tracker.room.sending.mailing import MailServer
from tracker.room.sending.messages import Message, body_of, mail_of, message_of
from tracker.room.sending.posting import Sent, post
from tracker.room.sending.sending_tables import DELIVERIES, OUTBOX, SUBSCRIPTIONS
from tracker.room.sending.signing import Secrets, signature
from tracker.room.sending.subscriptions import find
from tracker.room.shell.logs import Log
from tracker.room.shell.parts import Audit
from tracker.room.store.alone import Alone
from tracker.room.store.opening import RoomStore
from tracker.units import US_PER_H, US_PER_MIN, US_PER_S, iso_time

_LOOK_S: Final = 0.5
_ESCALATIONS_US: Final = 2 * US_PER_S
_FORGET_US: Final = US_PER_H
_MOST_AT_ONCE: Final = 16
"""Receivers served at once."""
_MOST_OF_ONE: Final = 50
"""Messages for one receiver before others have their turn."""
_MOST_IN_ONE_MAIL: Final = 1_000
_MAIL_PAUSE_US: Final = US_PER_MIN
"""Between two mails to one address: what comes meanwhile is one mail."""
_SENDING_NUMBER: Final = 7_243_391_827
"""Of PostgreSQL's advisory lock: of several processes of one room one sends."""


T = TypeVar("T")


class Sender:
    """Runs from :meth:`start` until :meth:`close`; :meth:`send_due` does one round at once.

    Parameters
    ----------
    key:
        The key of the room, which secrets of webhooks are made from.
    """

    def __init__(
        self,
        store: RoomStore,
        now_us: Callable[[], int],
        audit: Audit,
        key: Ed25519PrivateKey,
        open_alerts: OpenAlerts,
        settings: RoomConfig,
        log: Log,
    ) -> None:
        self._store, self._now_us, self._audit, self._settings, self._log = store, now_us, audit, settings, log
        self.secrets = Secrets(key)
        self.policy = Policy.of(settings.webhook_networks, settings.webhook_plain)
        self.mail_server = MailServer.of(settings)
        self._clocks: ClockSettings = open_alerts.clocks
        self._escalating = Escalating(store, open_alerts)
        self._alone = Alone(store, _SENDING_NUMBER)
        self._looked_us = self._forgot_us = 0
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._mailing: set[str] = set()
        self._workers = ThreadPoolExecutor(4, thread_name_prefix="sending store")
        self._mails = ThreadPoolExecutor(2, thread_name_prefix="mail")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sending", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; what is under way is sent again by the next start."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=5)
        for pool in (self._mails, self._workers):
            pool.shutdown(wait=False, cancel_futures=True)
        self._alone.close()

    def send_due(self) -> None:
        """One round: all that is due now, to its end. Not while the sender runs by itself."""

        async def once() -> None:
            await self._launch()
            await asyncio.gather(*self._tasks.values())

        asyncio.run(once())

    def _run(self) -> None:
        asyncio.run(self._rounds())

    async def _rounds(self) -> None:
        while not self._stop.is_set():
            try:
                await self._launch()
            except Exception as exc:  # whatever goes wrong, it is looked again
                self._log.warning("room_sending_waits", why=type(exc).__name__)
            await asyncio.sleep(_LOOK_S)
        for task in self._tasks.values():
            task.cancel()

    async def _launch(self) -> None:
        """Begin to serve whoever has something due and is not served yet."""
        self._tasks = {name: task for name, task in self._tasks.items() if not task.done()}
        for subscription_id in await self._worked(self._look):
            if subscription_id not in self._tasks and len(self._tasks) < _MOST_AT_ONCE:
                self._tasks[subscription_id] = asyncio.create_task(self._served(subscription_id))

    async def _worked(self, do: Callable[..., T], *given: Any) -> T:
        """Do something with the store, in threads of its own: names that nobody answers for hold up those of the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, do, *given)

    def _look(self) -> list[str]:
        """Who has something due; escalations are looked for, and what is old is forgotten."""
        now_us = self._now_us()
        if not self._alone.holds():
            return []
        if now_us - self._looked_us >= _ESCALATIONS_US:
            self._escalating.look(now_us)
            self._looked_us = now_us
        if now_us - self._forgot_us >= _FORGET_US:
            with self._store.write() as connection:
                forget_old(connection, self._audit, now_us)
            self._forgot_us = now_us
        asked = (
            select(OUTBOX.c.subscription_id)
            .join(SUBSCRIPTIONS, SUBSCRIPTIONS.c.subscription_id == OUTBOX.c.subscription_id)
            .where(OUTBOX.c.ended_us.is_(None), OUTBOX.c.due_us <= now_us)
            .where(~SUBSCRIPTIONS.c.is_paused, SUBSCRIPTIONS.c.not_before_us <= now_us)
            .group_by(OUTBOX.c.subscription_id)
            .order_by(func.min(OUTBOX.c.due_us))
        )
        with self._store.read() as connection:
            return list(connection.execute(asked).scalars())

    async def _served(self, subscription_id: str) -> None:
        """Serve one receiver: until nothing is due, something fails, or others should have their turn."""
        try:
            for _ in range(_MOST_OF_ONE):
                if not await self._served_once(subscription_id):
                    break
        except Exception as exc:  # of one receiver; others go on, and this one a look later
            self._log.warning("room_sending_waits", subscription=subscription_id, why=type(exc).__name__)

    async def _served_once(self, subscription_id: str) -> bool:
        """Send the next of one receiver; whether another may follow. The subscription is read each time: from its change on the new one counts."""
        with_it = await self._worked(self._found, subscription_id)
        if with_it is None:
            return False
        if with_it.way == "mail":
            await self._mailed(with_it)
            return False
        return await self._posted(with_it)

    def _found(self, subscription_id: str) -> Row[Any] | None:
        with self._store.read() as connection:
            sub = find(connection, subscription_id)
        return None if sub is None or sub.is_paused else sub

    # -- webhooks ----------------------------------------------------------------------------------------------------------

    async def _posted(self, sub: Row[Any]) -> bool:
        rows, messages = await self._worked(self._next, sub, 1)
        if not messages:
            return bool(rows)
        body = body_of(messages[0], self._settings.link_base)
        at_s = self._now_us() // US_PER_S
        headers = {
            "Content-Type": "application/cloudevents+json",
            "User-Agent": "tidewaiter",
            "webhook-id": messages[0].message_id,
            "webhook-timestamp": str(at_s),
            "webhook-signature": signature(self.secrets_of(sub), messages[0].message_id, at_s, body),
        }
        sent = await post(sub.target, body, headers, self.policy, self._settings.sending_ca)
        return await self._worked(self._write_down, sub, rows, sent)

    def secrets_of(self, sub: Row[Any]) -> list[str]:
        """The secrets of a webhook that hold now, the newest first."""
        generations = [sub.generation]
        overlap_us = round(self._settings.token_overlap_h * US_PER_H)
        if sub.rotated_us is not None and self._now_us() < sub.rotated_us + overlap_us:
            generations.append(sub.generation - 1)
        return [self.secrets.secret(sub.subscription_id, one) for one in generations]

    # -- mail --------------------------------------------------------------------------------------------------------------

    async def _mailed(self, sub: Row[Any]) -> None:
        address = sub.target.lower()
        if address in self._mailing:
            return  # another subscription has it just now: the limits are the address's
        self._mailing.add(address)
        try:
            await self._mailed_alone(sub)
        finally:
            self._mailing.discard(address)

    async def _mailed_alone(self, sub: Row[Any]) -> None:
        now_us = self._now_us()
        wait_us, last_until_us = await self._worked(self._limit, sub, now_us)
        if wait_us > now_us:
            return
        rows, messages = await self._worked(self._next, sub, _MOST_IN_ONE_MAIL)
        if not messages:
            return
        server = self.mail_server
        if server is None:
            sent = Sent(False, None, "the room sends no mail; set [room] mail_server")
        else:
            until = None if last_until_us is None else iso_time(last_until_us)
            mail = mail_of(messages, server.sender, sub.target, self._settings.link_base, now_us, until)
            sent = await asyncio.get_running_loop().run_in_executor(self._mails, server.send, mail)
        told = {one.message_id for one in messages}
        await self._worked(self._write_down, sub, [row for row in rows if row.message_id in told], sent)

    def _limit(self, sub: Row[Any], now_us: int) -> tuple[int, int | None]:
        """When the next mail to this address may go, and where it is the last of its hour until when no other does."""
        asked = (
            select(DELIVERIES.c.at_us)
            .where(DELIVERIES.c.target == sub.target.lower(), DELIVERIES.c.is_taken, DELIVERIES.c.at_us > now_us - US_PER_H)
            .order_by(DELIVERIES.c.at_us.desc())
            .limit(self._settings.mails_per_h)
        )  # fmt: skip
        with self._store.read() as connection:
            times = list(connection.execute(asked).scalars())
        most = self._settings.mails_per_h
        if len(times) >= most:
            return times[most - 1] + US_PER_H + 1, None
        next_us = times[0] + _MAIL_PAUSE_US if times else now_us
        return next_us, times[-1] + US_PER_H if len(times) == most - 1 else None

    # -- the outbox --------------------------------------------------------------------------------------------------------

    def _next(self, sub: Row[Any], most: int) -> tuple[list[Row[Any]], list[Message]]:
        """The next messages that are due, with what may be told of them; those of which nothing may be told come to their end."""
        now_us = self._now_us()
        order = (OUTBOX.c.number,) if sub.way == "mail" else (OUTBOX.c.attempts, OUTBOX.c.number)
        asked = (
            select(OUTBOX)
            .where(OUTBOX.c.subscription_id == sub.subscription_id, OUTBOX.c.ended_us.is_(None), OUTBOX.c.due_us <= now_us)
            .order_by(*order)
            .limit(most)
        )  # fmt: skip
        with self._store.read() as connection:
            rows = list(connection.execute(asked))
            found = [self._message(connection, row, frozenset(sub.compartments), now_us) for row in rows]
        for end in (WITHHELD, GIVEN_UP):
            ids = [row.message_id for row, message in zip(rows, found, strict=True) if message == end]
            if ids:
                with self._store.write() as connection:
                    ended(connection, self._audit, sub.subscription_id, ids, end, now_us)
        return rows, [message for message in found if isinstance(message, Message)]

    def _message(self, connection: Connection, row: Row[Any], compartments: frozenset[str], now_us: int) -> Message | str:  # fmt: skip
        """A message with what may be told; else how it ends."""
        try:
            return message_of(connection, row, compartments, now_us, self._clocks) or WITHHELD
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ) as exc:  # one that cannot be written holds up no other
            self._log.warning("room_sending_waits", message=row.message_id, why=type(exc).__name__)
            return GIVEN_UP

    def _write_down(self, sub: Row[Any], rows: list[Row[Any]], sent: Sent) -> bool:
        with self._store.write() as connection:
            is_there = delivered(connection, self._audit, sub, rows, sent, self._now_us())
        if not sent.is_taken:
            self._log.warning("room_sending_waits", subscription=sub.subscription_id, why=sent.why)
        return sent.is_taken and is_there
