"""Settings of which each is sound and that do not go together are refused before anything is opened, in one sentence that names both."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tracker.test_cli import assert_one_sentence, run
from tracker.config.watch import SourceConfig
from tracker.errors import InputError, SettingError
from tracker.settings import load_settings
from tracker.watch.files import WatchFiles, state_folder
from tracker.watch.fitting import check_files, check_fit

TCP = '[sources.a]\nkind = "tcp"\naddress = "192.0.2.7:10110"\n'
KAFKA = '[kafka]\nbootstrap = "127.0.0.1:9092"\n'


def fit(tmp_path: Path, toml: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(toml, encoding="utf-8")
    check_fit(load_settings(file))


def source(name: str, **values: str) -> str:
    return f"[sources.{name}]\n" + "".join(f'{key} = "{value}"\n' for key, value in values.items())


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        (TCP + source("b", kind="tcp", address="192.0.2.7:10110"), "[sources.b] address: 192.0.2.7:10110 is read by [sources.a] already"),
        (source("a", kind="file", path="/tmp/x") + source("b", kind="file", path="/tmp/./x"), "[sources.b] path: /tmp/x is read by [sources.a]"),
        (
            source("a", kind="tcp_server", address="127.0.0.1:4000") + source("b", kind="tcp_server", address="0.0.0.0:4000"),
            "[sources.b] address: 0.0.0.0:4000 is taken by [sources.a] address; choose another port",
        ),
        (source("a", kind="udp", address="127.0.0.1:4000") + source("b", kind="udp", address="127.0.0.1:4000"), "taken by [sources.a]"),
        (source("a", kind="tcp_server", address="127.0.0.1:8077"), "[sources.a] address: 127.0.0.1:8077 is taken by [watch] http_address"),
        (TCP + '[watch]\ndoor = "127.0.0.1:8077"\n', "[watch] door: 127.0.0.1:8077 is taken by [watch] http_address"),
        (TCP + KAFKA + 'flags = "one"\norders = "one"\n', "[kafka] orders: one is the topic of flags too"),
        (TCP + KAFKA + 'flags = "a b"\n', "[kafka] flags: topic 'a b' is no name of a topic"),
        (
            '[sources.a]\nkind = "kafka"\ntopics = ["raw", "tidewaiter.dead-letters"]\n' + KAFKA,
            "[sources.a] topics: tidewaiter.dead-letters is the program's own topic of dead_letters",
        ),
        (
            '[sources.a]\nkind = "kafka"\ntopics = ["raw"]\n[sources.b]\nkind = "kafka"\ntopics = ["other", "raw"]\n' + KAFKA,
            "[sources.b] topics: raw is read by [sources.a] already",
        ),
        (TCP + KAFKA + 'security_protocol = "SSL"\nssl_cafile = "/nowhere/ca.pem"\n', "[kafka] ssl_cafile: /nowhere/ca.pem is not there"),
        (
            TCP + KAFKA + 'security_protocol = "SASL_SSL"\nsasl_mechanism = "PLAIN"\nsasl_user = "x"\nsasl_password_env = "NOT_SET"\n',
            "[kafka] sasl_password_env: the environment has no NOT_SET",
        ),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_told(toml: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError) as raised:
        fit(tmp_path, toml)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    "toml",
    [
        TCP + KAFKA,
        # one port for datagrams, one for connections
        source("a", kind="udp", address="127.0.0.1:4000") + source("b", kind="tcp_server", address="127.0.0.1:4000"),
        source("a", kind="tcp_server", address="127.0.0.1:4000") + source("b", kind="tcp_server", address="127.0.0.2:4000"),
        # any free port
        source("a", kind="tcp_server", address="127.0.0.1:0") + source("b", kind="tcp_server", address="127.0.0.1:0"),
    ],
)  # fmt: skip
def test_what_goes_together_is_left_alone(toml: str, tmp_path: Path) -> None:
    fit(tmp_path, toml)


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        (TCP + "[watch]\ncommit_s = -1\n", "[watch] commit_s = -1.0 is outside 0.01 .. 60.0; correct it"),
        ('profile = "mine"\n' + TCP + "[profiles.mine.encountr]\nnear_km = 1\n", "[profiles.mine.encountr] is of no section; did you mean 'encounter'"),
        ('[sources.a]\nkind = "kafka"\ntopics = "raw"\n' + KAFKA, "topics = 'raw' should be like ['one', 'two']"),
        (source("a", kind="tcp", address="127.0.0.1:0"), "[sources.a] address '127.0.0.1:0' has port 0, on which nobody can listen"),
        (source("a", kind="tcp", address="http://192.0.2.7:80"), "write kind"),
        (source("a", kind="tcp", address="192.0.2.7:١٢"), "is no host:port"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_as_the_file_names_it(toml: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError) as raised:
        fit(tmp_path, toml)
    assert sentence in str(raised.value)
    assert "Config" not in str(raised.value)


@pytest.mark.parametrize(
    ("alerts", "sentence"),
    [
        ("folder", "is a folder; name a file in it"),
        ("pipe", "keeps nothing"),
        ("live.duckdb", "is the store, or a file of it"),
        ("live.duckdb.wal", "is the store, or a file of it"),
        ("link", "is the store, or a file of it"),
        ("live.duckdb.state/door.token", "is the store, or a file of it"),
    ],
)
def test_alerts_are_never_written_into_what_is_no_file_of_theirs(alerts: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "live.duckdb")
    store = tmp_path / "live.duckdb"
    with pytest.raises(InputError, match=sentence):
        check_files(load_settings(), WatchFiles(store, state_folder(store), tmp_path / alerts))


def test_a_source_does_not_follow_what_the_program_writes(tmp_path: Path) -> None:
    store, alerts = tmp_path / "live.duckdb", tmp_path / "alerts.jsonl"
    files = WatchFiles(store, state_folder(store), alerts)
    for path in (alerts, store, state_folder(store) / "journal" / "a" / "00000001.journal"):
        settings = load_settings()
        settings = settings.with_sources({"a": SourceConfig(kind="file", path=str(path))})
        with pytest.raises(SettingError, match=r"\[sources.a\] path: .* is written by the program itself"):
            check_files(settings, files)
    settings = settings.with_sources({"a": SourceConfig(kind="file", path=str(tmp_path / "live.duckdb.nmea"))})
    check_files(settings, files)
    check_files(settings, WatchFiles(store, state_folder(store), Path("/dev/null")))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_settings_that_an_editor_of_windows_saved_are_read(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(TCP.replace("\n", "\r\n").encode(encoding))
    assert list(load_settings(file).sources) == ["a"]


def test_a_settings_file_that_is_none_is_told_with_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(b'[watch]\nhttp_address = ""\n# M\xfcnchen\n')
    with pytest.raises(SettingError, match="is not UTF-8 in line 3; save it as UTF-8"):
        load_settings(file)
    with pytest.raises(SettingError, match="is a folder; name the file in it"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--source", "a=tcp://127.0.0.1:2"), "--source a: is given twice; give each source a name of its own"),
        (("--reference", "nowhere"), "nowhere: there is no such folder; check the path given to --reference"),
    ],
)
def test_a_mistake_on_the_command_line_ends_the_start(more: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    done = run("watch", "--db", str(tmp_path / "live.duckdb"), "--source", "a=tcp://127.0.0.1:1", *more)
    assert_one_sentence(done)
    assert sentence in done.stderr
    assert not (tmp_path / "live.duckdb").exists()
