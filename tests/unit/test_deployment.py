"""The files for deploying say what is so: they parse, and every setting and path that they name exists."""

import configparser
import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.launcher.up import web_and_daemon
from core.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
SETTINGS = {name.upper() for name in Settings.model_fields}
UNITS = sorted(DEPLOY.glob("*.service"))
#: What a service may say (Compose Specification), as far as ours say it.
SAYINGS = {
    "build", "cap_drop", "command", "depends_on", "entrypoint", "environment", "healthcheck", "image", "ports",
    "read_only", "restart", "security_opt", "shm_size", "stop_grace_period", "tmpfs", "volumes",
}  # fmt: skip
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
#: Of the shell and of Python.
OTHERS = {"HOME", "PATH", "PYTHONUNBUFFERED"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return parsed


def _ours(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose["services"].items() if "build" in service}


def test_the_composition_is_the_one_promised(compose: dict[str, Any]) -> None:
    services = set(compose["services"])
    assert services >= {"app1", "app2", "daemon1", "daemon2", "postgres", "minio", "clickhouse", "mailpit", "proxy"}
    for service in compose["services"].values():
        for other, how in service.get("depends_on", {}).items():
            assert other in services
            if how["condition"] == "service_healthy":
                there = compose["services"][other]
                assert "healthcheck" in there or "build" in there  # the image brings its own
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (ROOT / source).exists()


def test_our_services_are_given_settings_that_exist(compose: dict[str, Any]) -> None:
    for service in _ours(compose).values():
        given = set(service["environment"])
        assert given <= SETTINGS | OTHERS, given - SETTINGS - OTHERS
        assert "SECRET_KEY" in given
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
    ours = _ours(compose)
    knows_owner = {name for name, service in ours.items() if "OWNER_PASSWORD" in str(service["environment"])}
    assert knows_owner == {"prepare"}


def test_services_say_what_compose_understands(compose: dict[str, Any]) -> None:
    assert set(compose) <= {"name", "services", "volumes", "x-broadsheet"}
    for name, service in compose["services"].items():
        assert set(service) <= SAYINGS, name
        assert {how["condition"] for how in service.get("depends_on", {}).values()} <= CONDITIONS
        assert all(isinstance(value, str) for value in service.get("environment", {}).values()), "YAML's own types"
        image = service["image"]
        assert "build" in service or re.fullmatch(r"[\w./-]+:[\w.-]*\d[\w.-]*", image), f"no version: {image}"


def test_no_secret_has_a_default(compose: dict[str, Any]) -> None:
    words = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    for name, rest in re.findall(r"\$\{(\w+)([^}]*)\}", words):
        if re.search("PASSWORD|KEY|SECRET", name):
            assert rest == ":?", name
    for service in compose["services"].values():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")


def test_the_proxy_knows_both_processes_and_keeps_people_there() -> None:
    words = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert "app1:8501 app2:8501" in words
    assert "lb_policy cookie" in words
    assert words.count("{") == words.count("}")


def test_the_image_copies_what_there_is_and_runs_as_nobody_in_particular() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY") and "--from" not in line]
    wanted = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    for place in (place for places in copied for place in places):
        assert (ROOT / place).exists(), place
        assert f"!{place}\n" in wanted, place
    names = re.findall(r"\b([A-Z_]+)=", next(line for line in lines if line.startswith("ENV PATH")))
    assert set(names) <= SETTINGS | OTHERS
    assert any(line.startswith("USER ") and "0:0" not in line.split(":")[0] for line in lines)
    assert any(line.startswith("HEALTHCHECK") and "/healthz" in line for line in lines)
    assert "chromium" in " ".join(lines)
    said = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    told = ["FROM", "ENV", "COPY", "RUN", "WORKDIR", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"]
    assert {line.split()[0] for line in said} <= set(told)
    assert all(":" in line.split()[1] and "latest" not in line for line in said if line.startswith("FROM"))
    assert "apt-get install" not in " ".join(line for line in said if "--no-install-recommends" not in line)
    assert said.index(next(line for line in said if line.startswith("USER"))) < len(said) - 3, "nothing runs as root"
    for line in said[-2:]:
        assert all(isinstance(word, str) for word in json.loads(line.split(maxsplit=1)[1])), "exec form: signals arrive"


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_parse_and_start_what_the_launcher_starts(unit: Path) -> None:
    words = unit.read_text(encoding="utf-8")
    parsed = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read_string(words)
    assert set(parsed.sections()) == {"Unit", "Service", "Install"}
    service = parsed["Service"]
    assert service["User"] == "broadsheet"
    assert service["NoNewPrivileges"] == "true"
    needed = {name for key in ("After", "Requires") for name in parsed["Unit"].get(key, "").split()}
    for name in needed - {"network-online.target"}:
        assert (DEPLOY / name).is_file(), name
    commands = [" ".join(spec.command[1:4]) for spec in web_and_daemon(Settings(_env_file=None))] + ["-m core migrate"]
    assert any(command.replace(" app.py", "") in service["ExecStart"] for command in commands)


def test_the_units_settings_exist() -> None:
    words = (DEPLOY / "broadsheet.env").read_text(encoding="utf-8")
    given = set(re.findall(r"^#? ?([A-Z_0-9]+)=", words, re.MULTILINE))
    assert given <= SETTINGS
    assert given >= {"DATABASE_URL", "SECRET_KEY", "DATA_DIR", "PUBLIC_URL"}


def test_the_guide_names_settings_commands_and_files_that_exist() -> None:
    words = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    for name in re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`", words):
        assert name in SETTINGS | {"APP_PASSWORD", "OWNER_PASSWORD", "BROWSER_PATH", "OLD_SECRET_KEY"}, name
    for link in re.findall(r"\]\(([^)#:]+)\)", words):
        assert (ROOT / "docs" / link).exists(), link


def test_the_script_of_the_roles_can_be_run() -> None:
    script = DEPLOY / "make-roles.sh"
    assert script.stat().st_mode & stat.S_IXUSR
