"""The error tree. Bad input sits on the ``ValueError`` side, a broken protocol on the ``RuntimeError`` side.

::

    TrackerError
    ├── InputError(ValueError)          a person's mistake: what, where, how to mend; exit code 2
    │   ├── UnknownFormatError          no decoder recognises the bytes
    │   │   └── OtherFileError          it is evidently no recording: a picture, a document, a program
    │   ├── GaveNothingError            an input that was read gave nothing; exit code 3
    │   ├── SettingError                a setting is unknown or out of range
    │   ├── CargoError                  a cargo file cannot be read at all (bad rows are rejects instead)
    │   └── ReferenceDataError          a reference file cannot be imported
    ├── InterruptedByUser               a person or the system ended the work; exit code 128 and the signal
    └── ProtocolError(RuntimeError)     the program was driven in an order it does not allow
        └── StoreError                  the store is of another layout, locked or damaged

In a stream bad input is a counted reject (``tracker.decode.rejects``) and raises nothing.
"""

from __future__ import annotations

from tracker.printable import printable


class TrackerError(Exception):
    """Anything this program raises on purpose."""


class InputError(TrackerError, ValueError):
    """A person's mistake, told in one sentence: what is wrong, where it is, how to mend it."""

    exit_code = 2

    def __init__(self, what: str, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        sentence = f"{where}: {what}" if where else what
        super().__init__(printable(f"{sentence}; {mend}" if mend else sentence))


class UnknownFormatError(InputError):
    """No decoder recognises the beginning of an input."""


class OtherFileError(UnknownFormatError):
    """It is evidently no recording at all."""


class GaveNothingError(InputError):
    """An input that was read gave nothing, where that is not to be borne (``--strict``)."""

    exit_code = 3


class SettingError(InputError):
    """A setting is unknown, of the wrong type or out of range."""


class CargoError(InputError):
    """A cargo file as a whole cannot be read. A bad row inside a readable file is a reject, not an error."""

    @classmethod
    def no_cargo(cls, where: str, *, is_empty: bool = False, content: bytes = b"") -> CargoError:
        """For a file that is something else; of ``content`` the first bytes may tell what."""
        begin = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        for mark, what, mend in _OTHERS:
            if begin.startswith(mark):
                return cls(f"is {what} and no cargo file", where, mend)
        mend = (
            'give {"manifests": [...]}, JSON lines of one manifest each, or CSV with the columns of docs/cargo.md; '
            "for a table with other columns 'tidewaiter papers inspect FILE -o MAPPING' writes a mapping to complete"
        )
        return cls("is empty" if is_empty else "is no cargo file", where, mend)


_AS_TABLE = "open it with a spreadsheet program and save it as a workbook or CSV"
_TYPED = "ask its sender for the papers as a table, EDIFACT, X12 or JSON"
_OTHERS = (
    (b"<html", "a web page", _AS_TABLE), (b"<!doctype html", "a web page", _AS_TABLE), (b"<table", "a web page", _AS_TABLE), (b"<?xml", "XML", f"{_TYPED}; what a spreadsheet made may be saved as a workbook"),
    (b"%pdf", "a PDF", _TYPED), (b"{\\rtf", "a text of a word processor", _TYPED), (b"\x89png", "a picture", _TYPED), (b"\xff\xd8\xff", "a picture", _TYPED), (b"ii*\0", "a picture", _TYPED),
    (b"from:", "a mail", "save what is attached to it"), (b"received:", "a mail", "save what is attached to it"), (b"mime-version:", "a mail", "save what is attached to it"),
)  # fmt: skip
"""What people send instead of papers, by its first bytes in small letters."""


class ReferenceDataError(InputError):
    """A reference file cannot be imported."""


class InterruptedByUser(TrackerError):
    """Ctrl-C or SIGTERM ended the work; what is kept is said in the sentence."""

    def __init__(self, signal_number: int, kept: str = "") -> None:
        self.signal_number = signal_number
        super().__init__(printable(f"interrupted; {kept}" if kept else "interrupted"))


class ProtocolError(TrackerError, RuntimeError):
    """The program was driven in an order it does not allow."""


class StoreError(ProtocolError):
    """The store is of another layout, locked by another process, or damaged."""
