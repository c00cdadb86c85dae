"""Archives give their members as they are, in every packing, nested once; what leads astray is told and never followed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard

from streams.archives import ArchiveLimits, Found, Spool, look_into
from streams.errors import TruncatedError
from streams.files import Stored, read_blocks
from streams.tar_archive import is_tar

TEXT = b"".join(b"%d,line of a recording\n" % number for number in range(5_000))
MEMBERS = (("b/x.csv", TEXT), ("a.csv", TEXT[:40]))


def zipped(members: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def tarred(members: Iterable[tuple[str, bytes]], form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def look(path: Path, data: bytes, spool: Spool) -> Found:
    path.write_bytes(data)
    return look_into(Stored.at(path), spool)


def content(one: Stored) -> bytes:
    return b"".join(read_blocks(one, 5_000))


ARCHIVES = {
    "zip": zipped(MEMBERS),
    "zip of stored members": zipped(MEMBERS, zipfile.ZIP_STORED),
    "zip by bzip2": zipped(MEMBERS, zipfile.ZIP_BZIP2),
    "zip by lzma": zipped(MEMBERS, zipfile.ZIP_LZMA),
    "tar": tarred(MEMBERS),
    "ustar": tarred(MEMBERS, tarfile.USTAR_FORMAT),
    "tar of GNU": tarred(MEMBERS, tarfile.GNU_FORMAT),
    "tar.gz": gzip.compress(tarred(MEMBERS)),
    "tar.bz2": bz2.compress(tarred(MEMBERS)),
    "tar.xz": lzma.compress(tarred(MEMBERS)),
    "tar.zst": zstandard.compress(tarred(MEMBERS)),
    "zip.gz": gzip.compress(zipped(MEMBERS)),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_members_of_an_archive_are_recordings_of_their_own(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "archive"
    with Spool() as spool:
        found = look(path, ARCHIVES[kind], spool)
        assert [one.name for one in found.recordings] == [f"{path}!a.csv", f"{path}!b/x.csv"]
        assert [content(one) for one in found.recordings] == [TEXT[:40], TEXT]
        assert [one.file_name for one in found.recordings] == ["a.csv", "x.csv"]
        assert found.left_out == []


@pytest.mark.parametrize(
    "data",
    [
        zipped([("in.zip", zipped(MEMBERS))]),
        zipped([("in.tar.gz", gzip.compress(tarred(MEMBERS)))]),
        zipped([("in.tar", tarred(MEMBERS))], zipfile.ZIP_STORED),
        tarred([("in.zip", zipped(MEMBERS))]),
        gzip.compress(tarred([("in.zip", zipped(MEMBERS))])),
        tarred([("in.tar", tarred(MEMBERS))]),
    ],
)
def test_an_archive_in_an_archive_is_opened_once_more(tmp_path: Path, data: bytes) -> None:
    with Spool() as spool:
        found = look(tmp_path / "a", data, spool)
        assert [content(one) for one in found.recordings] == [TEXT[:40], TEXT]
        assert all(one.name.count("!") == 2 for one in found.recordings)


def test_the_third_archive_is_told(tmp_path: Path) -> None:
    with Spool() as spool:
        found = look(tmp_path / "a.zip", zipped([("b.zip", zipped([("c.zip", zipped(MEMBERS))]))]), spool)
    assert found.recordings == []
    assert "archive in an archive in an archive" in found.left_out[0].why


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(TEXT), bz2.compress(TEXT), lzma.compress(TEXT), zstandard.compress(TEXT), gzip.compress(gzip.compress(TEXT))],
)  # fmt: skip
def test_a_packed_member_is_unpacked(tmp_path: Path, packed: bytes) -> None:
    with Spool() as spool:
        found = look(tmp_path / "a.zip", zipped([("x.csv.gz", packed)]), spool)
        assert content(found.recordings[0]) == TEXT


def test_what_is_not_for_people_is_left_out_by_rule_and_said(tmp_path: Path) -> None:
    members = [("x.csv", TEXT), ("x.csv.json", b"{}"), ("__MACOSX/._x.csv", b"1"), (".DS_Store", b"1"), ("d/Thumbs.db", b"1"), ("README.md", b"1")]  # fmt: skip
    with Spool() as spool:
        found = look(tmp_path / "a.zip", zipped(members), spool)
        assert [one.file_name for one in found.recordings] == ["x.csv"]
        assert found.recordings[0].sidecar is not None
        assert content(found.recordings[0].sidecar) == b"{}"
    assert len(found.left_out) == 5
    assert not any(one.is_wrong for one in found.left_out)


@pytest.mark.parametrize("name", ["../x.csv", "/etc/x.csv", "a/../../x.csv", "C:\\x.csv", "..\\x.csv"])
@pytest.mark.parametrize("make", [zipped, tarred])
def test_a_name_that_leads_out_of_the_archive_is_told(tmp_path: Path, name: str, make: object) -> None:
    with Spool() as spool:
        found = look(tmp_path / "a", make([(name, TEXT), ("good.csv", TEXT)]), spool)
    assert [one.file_name for one in found.recordings] == ["good.csv"]
    assert "leads out" in found.left_out[0].why


@pytest.mark.parametrize(
    ("kind", "told"),
    [(tarfile.SYMTYPE, "link"), (tarfile.LNKTYPE, "link"), (tarfile.CHRTYPE, "device"), (tarfile.BLKTYPE, "device"), (tarfile.FIFOTYPE, "pipe")],
)  # fmt: skip
def test_links_devices_and_pipes_are_told(tmp_path: Path, kind: bytes, told: str) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("x.csv")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
        good = tarfile.TarInfo("y.csv")
        good.size = len(TEXT)
        archive.addfile(good, io.BytesIO(TEXT))
    with Spool() as spool:
        found = look(tmp_path / "a.tar", file.getvalue(), spool)
        assert [content(one) for one in found.recordings] == [TEXT]
    assert told in found.left_out[0].why


def test_a_link_in_a_zip_is_told(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo("x.csv")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with Spool() as spool:
        assert "link" in look(tmp_path / "a.zip", file.getvalue(), spool).left_out[0].why


def test_an_encrypted_member_and_an_unknown_packing_are_told(tmp_path: Path) -> None:
    whole = bytearray(zipped([("x.csv", TEXT), ("y.csv", TEXT)]))
    at = whole.find(b"PK\x01\x02")
    struct.pack_into("<H", whole, at + 8, 1)
    struct.pack_into("<H", whole, whole.find(b"PK\x01\x02", at + 4) + 10, 9)
    with Spool() as spool:
        found = look(tmp_path / "a.zip", bytes(whole), spool)
    assert found.recordings == []
    assert [one.why for one in found.left_out] == ["is encrypted", "is packed by Deflate64"]


def test_a_bomb_is_told_and_not_unpacked(tmp_path: Path) -> None:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.csv", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(bytes(1 << 20))
    with Spool() as spool:
        found = look(tmp_path / "a.zip", file.getvalue(), spool)
    assert found.recordings == []
    assert "bomb" in found.left_out[0].why


def test_a_bomb_without_a_directory_ends_where_it_shows(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(300 << 20)))
    with pytest.raises(TruncatedError, match="times its size"):
        for _ in read_blocks(path, bomb_ratio=400):
            pass


def test_members_that_overlap_are_a_bomb(tmp_path: Path) -> None:
    whole = zipped([("x.csv", random.Random(1).randbytes(50_000))])
    at, end = whole.find(b"PK\x01\x02"), whole.find(b"PK\x05\x06")
    entry = whole[at:end]
    data = whole[:at] + entry * 30
    data += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 30, 30, len(entry) * 30, at, 0)
    with Spool() as spool:
        found = look(tmp_path / "a.zip", data, spool)
    assert found.recordings == []
    assert "overlap" in found.left_out[0].why


def test_bounds_of_members_and_of_the_disk(tmp_path: Path) -> None:
    many = [(f"{number}.csv", random.Random(number).randbytes(3_000)) for number in range(5)]
    with Spool(ArchiveLimits(members=4)) as spool:
        for number, data in enumerate((zipped(many), tarred(many), gzip.compress(tarred(many)))):
            found = look(tmp_path / f"a{number}", data, spool)
            assert found.recordings == []
            assert "more than 4 files" in found.left_out[0].why
    with Spool(ArchiveLimits(spool_bytes=10_000)) as spool:
        assert "on the disk" in look(tmp_path / "b", gzip.compress(tarred(many)), spool).left_out[0].why
    with Spool(ArchiveLimits(unpacked_bytes=10_000)) as spool:
        assert "unpacked" in look(tmp_path / "c", zipped(many), spool).left_out[0].why


def test_the_private_folder_is_gone_afterwards(tmp_path: Path) -> None:
    with Spool() as spool:
        one = look(tmp_path / "a.tgz", gzip.compress(tarred(MEMBERS)), spool).recordings[0]
        assert one.path.stat().st_mode & 0o077 == 0 or one.path.parent.stat().st_mode & 0o077 == 0
    assert not one.path.parent.exists()


@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_cut_archive_gives_what_can_be_read_or_says_why_not(tmp_path: Path, kind: str) -> None:
    whole = ARCHIVES[kind]
    for size in range(1, len(whole), max(1, len(whole) // 25)):
        with Spool() as spool:
            found = look(tmp_path / "a", whole[:size], spool)
            for one in found.recordings:
                try:
                    assert content(one)
                except TruncatedError as exc:
                    assert str(exc).startswith(one.name)


@pytest.mark.parametrize("kind", ARCHIVES)
def test_damage_is_told_and_never_crashes(tmp_path: Path, kind: str) -> None:
    rng = random.Random(7)
    for _ in range(60):
        damaged = bytearray(ARCHIVES[kind])
        for _ in range(rng.randrange(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        with Spool() as spool:
            for one in look(tmp_path / "a", bytes(damaged), spool).recordings:
                with suppress(TruncatedError):
                    content(one)


def test_text_is_no_tar() -> None:
    assert not is_tar(TEXT[:512])
    assert not is_tar(bytes(512))
