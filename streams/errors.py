"""Errors of the stream core.

::

    StreamError(RuntimeError)
    ├── SnapshotError        a snapshot of another kind or layout, or damaged
    ├── TruncatedError       a recorded file that ends early or is damaged inside
    ├── TooLargeError        a file that, unpacked, is larger than its reader takes
    ├── OrderError           rows or watermarks handed in an order the contract forbids
    ├── SinkAwayError        records could not be delivered now; the same call may succeed later
    ├── RecordRefusedError   records that will never be taken; all others of the call were delivered
    ├── SourceError          a live source cannot be begun: address taken, file of the wrong kind, position unreadable
    └── JournalError         the journal cannot be opened, read or written
        └── JournalFullError no room on the disk: nothing of the chunk was written, the same chunk may be tried again
"""

from __future__ import annotations


class StreamError(RuntimeError):
    """The stream was driven or restored in a way it does not allow."""


class SnapshotError(StreamError):
    """A snapshot of another kind or layout, or damaged bytes."""


class OrderError(StreamError):
    """Rows or watermarks in an order the contract forbids."""


class TruncatedError(StreamError):
    """A recorded file that ends early or is damaged; what could be read was given before."""


class TooLargeError(StreamError):
    """A file that holds more bytes, unpacked, than its reader takes."""


class SinkAwayError(StreamError):
    """Records could not be delivered now; how many were is not known. The same call may succeed later."""


class RecordRefusedError(StreamError):
    """Some records will never be taken, however often they are sent; all others of the call were delivered."""

    def __init__(self, refused: tuple[tuple[int, str], ...]) -> None:
        self.refused = refused
        """(index in the call, sentence that says why) of each."""
        first = refused[0][1]
        super().__init__(first if len(refused) == 1 else f"{first}; and {len(refused) - 1} more refused")


class SourceError(StreamError):
    """A live source cannot be begun as configured; the sentence says what, where, and how to mend it."""


class JournalError(StreamError):
    """The journal cannot be opened, read or written."""


class JournalFullError(JournalError):
    """No room on the disk. Nothing of the chunk was written; the same chunk may be tried again."""
