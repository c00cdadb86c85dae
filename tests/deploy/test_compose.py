"""deploy/compose.yaml and the Dockerfile as text: what matters for safety and for staying alive is really there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tracker.config.room import RoomConfig
from tracker.room.shell.serving import place_of

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_port_is_bound_to_this_machine(name: str) -> None:
    for port in SERVICES[name].get("ports", ()):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)
    assert "network_mode" not in SERVICES[name]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_has_rights_or_secrets(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    for key in service.get("environment", {}):
        assert not re.search(r"PASS|SECRET|TOKEN|JAAS", key)


def test_nothing_runs_as_root() -> None:
    users = re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)
    assert [int(user) > 0 for user in users] == [True]
    assert DOCKERFILE.index("USER ") < DOCKERFILE.index("ENTRYPOINT")
    for name in ("kafka", "topics"):
        assert SERVICES[name]["user"] == "1000:1000"


@pytest.mark.parametrize("name", ["kafka", "tidewaiter"])
def test_what_stays_up_has_a_health_check_a_restart_and_a_volume_of_its_own(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    named = [volume.partition(":")[0] for volume in service["volumes"] if not volume.startswith((".", "/"))]
    assert named
    assert set(named) <= COMPOSE["volumes"].keys()


def test_the_room_reads_the_engines_files_and_is_reached_by_its_proxy_alone() -> None:
    room, proxy = SERVICES["room"], SERVICES["proxy"]
    assert "data:/data:ro" in room["volumes"]
    assert "ports" not in room
    config = tomllib.loads((DEPLOY / "compose.toml").read_text(encoding="utf-8"))["room"]
    assert config["proxies"] == [proxy["networks"]["default"]["ipv4_address"]]
    place = place_of(
        room["command"][room["command"].index("--listen") + 1],
        RoomConfig(**{k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}),
        True,
    )
    assert place.hosts == {"localhost"}
    assert f"room:{place.port}" in proxy["command"]
    assert Path(config["first_password_file"]).parent == Path(room["command"][room["command"].index("--data") + 1])


def test_the_program_is_not_process_1() -> None:
    """tini 8, moby 3643: a signal without a handler does nothing to process 1, and ours has none before it has loaded, nor in every command."""
    assert SERVICES["tidewaiter"]["init"] is True


def test_the_broker_keeps_its_data_in_its_volume_and_is_the_pinned_version() -> None:
    kafka = SERVICES["kafka"]
    assert f"kafka:{kafka['environment']['KAFKA_LOG_DIRS']}" in kafka["volumes"]
    version = re.search(
        r"<artifactId>kafka_2.13</artifactId>\s*<version>([\d.]+)", (DEPLOY / "kafka.pom.xml").read_text()
    )
    assert version is not None
    assert kafka["image"] == f"apache/kafka:{version[1]}"
    assert kafka["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_the_program_waits_for_the_broker_and_speaks_to_it() -> None:
    program = SERVICES["tidewaiter"]
    assert program["depends_on"]["topics"]["condition"] == "service_completed_successfully"
    assert SERVICES["topics"]["depends_on"]["kafka"]["condition"] == "service_healthy"
    settings = tomllib.loads((DEPLOY / "compose.toml").read_text(encoding="utf-8"))
    inside = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert f"INSIDE://{settings['kafka']['bootstrap']}" in inside
    for topic in settings["sources"]["raw"]["topics"]:
        assert topic in SERVICES["topics"]["command"]
    port = settings["watch"]["http_address"].rpartition(":")[2]
    assert f"127.0.0.1:{port}:{port}" in program["ports"]
    assert f":{port}/healthz" in program["healthcheck"]["test"][-1]


def test_the_image_holds_what_it_copies_and_packages_with_digests() -> None:
    root = DEPLOY.parent
    allowed = {line[1:] for line in (root / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (root / source).exists(), source
            assert allowed & {source, *map(str, Path(source).parents)}, source
    assert "--require-hashes" in DOCKERFILE


def test_the_program_takes_the_settings_and_arguments_of_the_container() -> None:
    from typer.main import get_command

    from tracker.cli import app
    from tracker.settings import load_settings

    settings = load_settings(DEPLOY / "compose.toml", None, {})
    assert settings.sources["raw"].topics == ("ais.raw",)
    assert settings["watch"].http_address.rpartition(":")[2] == "8077"
    name, *arguments = SERVICES["tidewaiter"]["command"]
    command = get_command(app).commands[name]  # type: ignore[attr-defined]
    arguments[arguments.index("--config") + 1] = str(DEPLOY / "compose.toml")
    assert command.make_context(name, arguments).params["db"] == Path("/data/tidewaiter.duckdb")
