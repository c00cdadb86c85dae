"""Sources as written on the command line, and the names they may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.config.watch import SourceConfig
from tracker.errors import SettingError
from tracker.settings import load_settings
from tracker.watch.source_text import source_of

BAD_NAMES = (
    "../../evil", "..", ".hidden", "a/b", "a\\b", "", "a b", "a\x00b", "a\x1b[31m", "ä", "-", "a" * 41, "control", "a\n",
)  # fmt: skip


def test_settings_follow_the_address_behind_a_question_mark() -> None:
    assert source_of("roof=tcp-listen://127.0.0.1:1?format=beast&waits=false&client_idle_s=30&feed=roofs") == (
        "roof",
        SourceConfig(
            kind="tcp_server", address="127.0.0.1:1", format="beast", waits=False, client_idle_s=30.0, feed="roofs"
        ),
    )
    assert source_of("gate=kafka://a.raw,b?start_at=latest")[1].start_at == "latest"
    assert source_of("tape=/a?format=beast")[1] == SourceConfig(kind="file", path="/a?format=beast")
    assert source_of("a.b-c_1=udp://[::1]:1/")[1].address == "[::1]:1"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("format=morse", "format 'morse' is none of"),
        ("color=red", "no setting 'color'"),
        ("kind=udp", "no setting 'kind'"),
        ("waits=perhaps", "should be like true"),
        ("max_clients=many", "should be like 64"),
        ("max_clients=0", "outside"),
        ("format", "bad query"),
        ("feed=../x", "feed '../x' has no usable name"),
    ],
)
def test_a_setting_that_is_none_is_refused_in_a_sentence(query: str, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        source_of(f"roof=tcp-listen://127.0.0.1:1?{query}")


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_is_no_name_is_refused_wherever_it_stands(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"usable name|no source|flags and orders"):
        source_of(f"{name}=tcp://127.0.0.1:1")
    quoted = "".join(f"\\u{ord(sign):04x}" for sign in name)
    file = tmp_path / "settings.toml"
    file.write_text(f'[sources."{quoted}"]\nkind = "tcp"\naddress = "127.0.0.1:1"\n', encoding="utf-8")
    with pytest.raises(SettingError, match=r"usable name|flags and orders"):
        load_settings(file)


def test_topics_are_what_kafka_takes_for_one() -> None:
    for topic in ("../x", "", ".", "a b", "a" * 250):
        with pytest.raises(ValueError, match="topic"):
            SourceConfig(kind="kafka", topics=(topic,))


def test_a_setting_written_as_on_the_command_line_is_answered_with_how_it_is_written() -> None:
    with pytest.raises(ValueError, match='write kind = "tcp_server" and address = "192'):
        SourceConfig(address="tcp-listen://192.0.2.1:30004")
    with pytest.raises(ValueError, match='write kind = "file", too'):
        SourceConfig(path="feed.nmea")


def test_what_a_toml_file_may_hold_beside_text_and_floats_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    for text, said in (
        ('[sources.a]\nkind = "kafka"\ntopics = [1]\n', "topic 1 has other signs"),
        (f"[watch]\ncommit_s = {10**400}\n", "is outside"),
    ):
        path.write_text(text)
        with pytest.raises(SettingError, match=said):
            load_settings(path)
