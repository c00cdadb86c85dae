"""The inbox: a folder whose files are taken in and moved away, the taken to ``done/YYYY-MM-DD/``, those of which nothing could be read to ``refused/``.

::

    whole (``streams.folder``) -> read -> received (``tracker.watch.receiving``) -> committed -> moved, by one rename within the file system
                                                                         | killed in between: the same bytes come again, change nothing, and are moved

A refused file has its reason beside it, ``NAME.reason.txt``. Nothing in ``done`` or ``refused`` is ever replaced: a name that is there gets a number. A file that changes while it is
read, or before it is moved, is read again. What cannot be read or moved stays, is told once, and tried again.
"""

from __future__ import annotations

import errno
import os
import queue
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from streams.claims import hold_folder
from streams.errors import SourceError
from streams.folder import ArrivedFile, ArrivingFiles
from streams.time import US_PER_S, Clock
from tracker.config.papers import PapersConfig
from tracker.errors import SettingError
from tracker.papers.document import Document
from tracker.printable import printable
from tracker.store.papers import PaperChange
from tracker.watch.receiving import Bringing, Outcome, Receiving

DONE: Final = "done"
REFUSED: Final = "refused"
_REASON: Final = ".reason.txt"
_MOST_NAME_BYTES: Final = 255
_AGAIN_S: Final = 30.0
"""What cannot be read or moved is tried again so often."""
_MOST_NUMBERS: Final = 10_000


class Log(Protocol):
    """Where the program says what happens to it."""

    def info(self, event: str, **fields: object) -> None:
        """Something worth knowing."""
        ...

    def warning(self, event: str, **fields: object) -> None:
        """Something a person should look at."""
        ...


@dataclass(frozen=True, slots=True)
class _Moving:
    """A file that is durable in the store, and where it goes."""

    file: ArrivedFile
    outcome: Outcome


def check_inbox(config: PapersConfig) -> Path | None:
    """The folder, its own folders made; None where there is none.

    Raises
    ------
    SettingError
        it is none, may not be written, or its folders are of another file system or links: how to mend it.
    """
    if not config.inbox:
        return None
    folder, where = Path(config.inbox), "[papers] inbox"
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "is not there"
        raise SettingError(f"{folder} {what}", where, "make the folder, or name another")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise SettingError(
            f"{folder} may not be read and written", where, "give this user the right: files are moved out of it"
        )
    for name in (DONE, REFUSED):
        inner = folder / name
        try:
            inner.mkdir(exist_ok=True)
            found = os.lstat(inner)
        except OSError as exc:
            raise SettingError(f"{inner} cannot be made ({exc.strerror})", where, "remove what stands there") from exc
        if not stat.S_ISDIR(found.st_mode) or found.st_dev != os.stat(folder).st_dev:
            raise SettingError(
                f"{inner} is a link or another file system", where, "let it be a plain folder: files are moved by renaming"
            )  # fmt: skip
    return folder


def claim_inbox(folder: Path) -> Callable[[], None]:
    """Have the folder alone, until what is given back is called: of two programs each would move away files that the other never saw.

    Raises
    ------
    SettingError
        another program has it.
    """
    try:
        handle = hold_folder(folder)
    except BlockingIOError as exc:
        raise SettingError(
            f"{folder} is the inbox of another program that runs", "[papers] inbox", "give each its own folder, or end the other"
        ) from exc  # fmt: skip
    except OSError:  # a file system without locks: nobody can tell
        return lambda: None
    return partial(os.close, handle)


class Inbox:
    """Looks at the folder in a thread of its own, from construction until :meth:`close`.

    Parameters
    ----------
    clock:
        Says when a document was received.
    """

    def __init__(
        self, folder: Path, config: PapersConfig, receiving: Receiving, clock: Clock, monotonic: Clock, log: Log
    ) -> None:
        self._folder, self._config, self._receiving = folder, config, receiving
        self._clock, self._monotonic, self._log = clock, monotonic, log
        self._files = ArrivingFiles(folder, config.settle_s, monotonic)
        self._in_hand: set[str] = set()
        """Names of files that are on their way; looked at again once they are moved, or not taken."""
        self._told: queue.Queue[Callable[[], None]] = queue.Queue()
        """What became of them, told by other threads."""
        self._trouble: dict[str, tuple[str, int]] = {}
        """What cannot be read or moved, why, and when it is tried again."""
        self._to_move: dict[str, _Moving] = {}
        self.error = ""
        """Why the folder cannot be looked at now; empty where it can."""
        self.too_large = 0
        """Files that were refused unread."""
        self._said_error = ""
        self._left: dict[str, str] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self._thread.start()

    @property
    def stuck(self) -> dict[str, str]:
        """Files that cannot be read or moved, by their printable names, each with why."""
        return {printable(name): why for name, (why, _) in list(self._trouble.items())}

    def close(self) -> None:
        """Look no more; what is durable by now and not moved is moved after the next start."""
        self._stop.set()
        self._thread.join(timeout=2)
        self._files.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.look()
            except Exception as exc:  # whatever a file system may throw is told, and tried again
                self.error = f"{type(exc).__name__}: {exc}"
            if self.error != self._said_error:
                self._said_error = self.error
                if self.error:
                    self._log.warning("inbox_trouble", error=self.error)
            self._stop.wait(self._config.look_s)

    def look(self) -> None:
        """Look at the folder once: move what is durable, bring what is whole."""
        while True:
            try:
                self._told.get_nowait()()
            except queue.Empty:
                break
        for name in list(self._to_move):
            if not self._waits(name):
                self._move(name)
        try:
            found = self._files.look()
        except SourceError as exc:
            self.error = str(exc)
            return
        self.error = ""
        self._tell_left()
        names = {one.path.name for one in found}
        for name in self._trouble.keys() - names - self._to_move.keys():
            del self._trouble[name]
        for one in found:
            if one.path.name not in self._in_hand and not self._waits(one.path.name):
                if not self._receiving.has_room:
                    break
                self._bring(one)

    def _waits(self, name: str) -> bool:
        """Whether a file in trouble is not to be tried again yet."""
        found = self._trouble.get(name)
        return found is not None and self._monotonic.now_us() < found[1]

    def _note_trouble(self, name: str, why: str) -> None:
        before = self._trouble.get(name)
        self._trouble[name] = why, self._monotonic.now_us() + int(_AGAIN_S * US_PER_S)
        if before is None or before[0] != why:
            self._log.warning("inbox_trouble", file=printable(name), error=why)

    def _tell_left(self) -> None:
        left = dict(self._files.left_alone)
        for name in left.keys() - self._left.keys():
            self._log.warning("inbox_trouble", file=printable(name), error=f"is {left[name]} and is left alone")
        self._left = left

    # -- in ----------------------------------------------------------------------------------------------------------------

    def _bring(self, file: ArrivedFile) -> None:
        name = file.path.name
        if file.size > self._config.document_mb * 1e6:
            limit = f"is larger than {self._config.document_mb:g} MB ([papers] document_mb) and was not read; send it in parts"
            self.too_large += 1
            document = Document(b"", "inbox", printable(name), self._clock.now_us())
            change = PaperChange(document.sha256, refusal=f"{document.name}: {limit}")
            self._to_move[name] = _Moving(file, Outcome(document, change))
            self._in_hand.add(name)
            self._move(name)
            return
        try:
            content = _content(file)
        except OSError as exc:
            self._note_trouble(name, f"cannot be read ({exc.strerror})")
            return
        if content is None:
            self._files.forget(name)
            return
        document = Document(content, "inbox", printable(name), self._clock.now_us())
        bringing = Bringing(
            document,
            lambda outcome: self._told.put(partial(self._durable, file, outcome)),
            lambda _: self._told.put(partial(self._not_taken, name)),
        )
        self._in_hand.add(name)
        if not self._receiving.put(bringing):
            self._in_hand.discard(name)

    def _durable(self, file: ArrivedFile, outcome: Outcome) -> None:
        self._trouble.pop(file.path.name, None)
        self._to_move[file.path.name] = _Moving(file, outcome)
        self._move(file.path.name)

    def _not_taken(self, name: str) -> None:
        """The store went away with it: it comes again."""
        self._in_hand.discard(name)

    # -- out ---------------------------------------------------------------------------------------------------------------

    def _move(self, name: str) -> None:
        """Move a file to where it belongs; one that is another by now is looked at as a new one."""
        moving = self._to_move[name]
        if not moving.file.is_still():
            del self._to_move[name]
            self._in_hand.discard(name)
            self._files.forget(name)
            return
        outcome = moving.outcome
        try:
            if outcome.change.refusal is None:
                day = datetime.fromtimestamp(outcome.document.received_us / US_PER_S, UTC).date().isoformat()
                _rename(moving.file.path, self._folder / DONE / day)
            else:
                self._refuse(moving.file.path, outcome)
        except OSError as exc:
            full = "; make room on the disk" if exc.errno in (errno.ENOSPC, errno.EDQUOT) else ""
            self._note_trouble(name, f"is taken in and cannot be moved away ({exc.strerror}{full})")
            return
        del self._to_move[name]
        self._trouble.pop(name, None)
        self._in_hand.discard(name)

    def _refuse(self, path: Path, outcome: Outcome) -> None:
        """Into ``refused``, its reason first: whoever finds the file there finds why."""
        folder = self._folder / REFUSED
        folder.mkdir(exist_ok=True)
        target = _free(folder, path.name)
        reason = folder / _with_ending(target.name, _REASON)
        refusal = outcome.change.refusal or ""
        text = f"{refusal}\n" + "".join(f"{note}\n" for note in outcome.notes if note not in refusal)
        with reason.open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        path.rename(target)
        _sync(folder)


def _content(file: ArrivedFile) -> bytes | None:
    """The bytes of a file as it was found; None where it is another by now. No link is followed, nothing that waits is opened."""
    fd = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as opened:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or (found.st_ino, found.st_size) != (file.inode, file.size):
            return None
        content = opened.read(file.size + 1)
    return content if len(content) == file.size and file.is_still() else None


def _rename(path: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    path.rename(_free(folder, path.name))
    _sync(folder)


def _sync(folder: Path) -> None:
    """That a file is there outlives a power loss; where that cannot be had, it is moved again after the next start."""
    with suppress(OSError):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _free(folder: Path, name: str) -> Path:
    """A name in a folder that nothing has yet."""
    for number in range(1, _MOST_NUMBERS):
        path = folder / (name if number == 1 else _with_ending(name, f".{number}"))
        if not os.path.lexists(path):
            return path
    raise OSError(errno.EEXIST, "too many files of this name are there")


def _with_ending(name: str, ending: str) -> str:
    """A name with an ending, cut where a file system would take no longer one."""
    whole = os.fsencode(name)[: _MOST_NAME_BYTES - len(ending)]
    return os.fsdecode(whole) + ending
