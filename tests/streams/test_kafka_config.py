"""The configuration of Kafka: mistakes in one sentence, passwords nowhere but in what the client is given."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from streams.kafka_config import KafkaConfig
from streams.kafka_source import KafkaSource
from streams.memory import ManualClock

SASL = {"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512", "sasl_user": "tidewaiter"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"bootstrap": ""}, "names no broker"),
        ({"bootstrap": "broker"}, "'broker' is no address"),
        ({"bootstrap": "a:1,b:70000"}, "'b:70000' is no address"),
        ({"bootstrap": "kafka://a:1"}, "is no address"),
        ({"group": "a b"}, "group 'a b' is no name"),
        ({"security_protocol": "TLS"}, "none of PLAINTEXT, SSL"),
        ({"security_protocol": "SSL", "ssl_certfile": "c.pem"}, "go together"),
        ({"ssl_cafile": "ca.pem"}, "use SSL or SASL_SSL"),
        ({"sasl_user": "me"}, "use SASL_SSL"),
        ({**SASL, "sasl_mechanism": "GSSAPI", "sasl_password_env": "P"}, "none of PLAIN, SCRAM"),
        ({**SASL, "sasl_user": "", "sasl_password_env": "P"}, "sasl_user is missing"),
        (SASL, "must stand in one place"),
        ({**SASL, "sasl_password_env": "P", "sasl_password_file": "f"}, "must stand in one place"),
        ({"send_timeout_s": 0.0}, "send_timeout_s 0 is outside"),
        ({"max_record_bytes": 0}, "max_record_bytes 0 is outside"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        KafkaConfig(**given)


def test_plain_settings_hold_no_trace_of_tls_or_sasl() -> None:
    settings = KafkaConfig(bootstrap="a:1, [::1]:2").client_settings({})
    assert settings["bootstrap_servers"] == ["a:1", "[::1]:2"]
    assert settings["security_protocol"] == "PLAINTEXT"
    assert not [name for name in settings if name.startswith(("ssl", "sasl"))]


def test_tls_and_sasl_settings_reach_the_client_under_its_own_names() -> None:
    from kafka import KafkaConsumer, KafkaProducer

    config = KafkaConfig(**SASL, sasl_password_env="P", ssl_cafile="ca", ssl_certfile="c", ssl_keyfile="k")
    settings = config.client_settings({"P": "secret"})
    assert (
        settings
        | {
            "security_protocol": "SASL_SSL",
            "ssl_check_hostname": True,
            "ssl_cafile": "ca",
            "ssl_certfile": "c",
            "ssl_keyfile": "k",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": "tidewaiter",
            "sasl_plain_password": "secret",
        }
        == settings
    )
    for client in (KafkaConsumer, KafkaProducer):
        assert settings.keys() <= client.DEFAULT_CONFIG.keys()


def test_a_password_is_the_first_line_of_its_file_and_never_shown(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("secret word\nmore\n")
    config = KafkaConfig(**SASL, sasl_password_file=str(path))
    assert config.client_settings({})["sasl_plain_password"] == "secret word"
    assert "secret" not in repr(config)


@pytest.mark.parametrize("place", [{"sasl_password_env": "NOT_SET"}, {"sasl_password_file": "/nowhere/password"}])
def test_a_missing_password_is_told_with_its_place(place: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(place.values()))):
        KafkaConfig(**SASL, **place).client_settings({})


def test_a_record_stamped_by_a_clock_of_the_future_is_of_the_window_before_it() -> None:
    now_us = 1_796_000_000_000_000
    source = KafkaSource("raw", ["raw"], KafkaConfig(bootstrap="127.0.0.1:1"), ManualClock(now_us))
    stamps_ms = [now_us // 1000 - 5000, now_us // 1000 + 73 * 365 * 86_400_000, now_us // 1000 - 4000]
    records = [SimpleNamespace(value=b"x", timestamp=at_ms, offset=k) for k, at_ms in enumerate(stamps_ms)]
    source._take("raw/0", records)
    source._settle(idle=True, now_us=now_us, behind=())
    chunks = [source.read(0.0), source.read(0.0)]
    assert [(c.data, c.received_us) for c in chunks if c is not None] == [
        (b"x\nx\n", now_us - 5_000_000), (b"x\n", now_us - 4_000_000),
    ]  # fmt: skip
