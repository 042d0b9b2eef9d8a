"""docker-compose.yml: resolved by the real Docker Compose, then held to what the project promises of it."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.rehearsal import toolchain
from deploy.rehearsal.__main__ import STEPS
from integrations.settings import ROOT
from tests.deploy.compose_rules import RULES, Services, is_job
from tests.deploy.tools import program, run, unknown_settings

PLAIN, SECURE = ("docker-compose.yml",), ("docker-compose.yml", "docker-compose.secure.yml")
STACKS = (PLAIN, SECURE)
PROGRAMS = {
    "Temporal server, temporal-sql-tool": "TEMPORAL_VERSION",
    "Temporal UI": "TEMPORAL_UI_VERSION",
    "dex": "DEX_VERSION",
    "OpenTelemetry collector": "COLLECTOR_VERSION",
}
"""What the report calls what `.env` pins."""
BY_HAND = {"dex_password_hash"}
"""Nobody but its owner can make it: the page says how."""
REVIEW_KEEPS = "TEMPORAL_WORKFLOW_SIGNAL_DISABLED"
REVIEW_TAKES = {
    *(f"TEMPORAL_WORKFLOW_{each}_DISABLED" for each in ("TERMINATE", "CANCEL", "UPDATE", "RESET", "PAUSE")),
    *(f"TEMPORAL_{each}_DISABLED" for each in ("BATCH_ACTIONS", "START_WORKFLOW", "ACTIVITY_COMMANDS")),
}


def resolved(files: tuple[str, ...], *profiles: str, **environment: str) -> dict[str, Any]:
    """What Docker Compose makes of the files, with every variable filled in."""
    command = [program("docker-compose"), "--project-directory", str(ROOT)]
    command += [part for file in files for part in ("--file", file)]
    command += [part for profile in profiles or ("*",) for part in ("--profile", profile)]
    return json.loads(run([*command, "config", "--format", "json"], **environment))


def versions() -> dict[str, str]:
    """The variables of .env."""
    return dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env").read_text(), re.MULTILINE))


def stack_name(files: tuple[str, ...]) -> str:
    return files[-1].removesuffix(".yml")


@pytest.fixture(scope="module", params=STACKS, ids=stack_name)
def services(request: pytest.FixtureRequest) -> Services:
    return resolved(request.param)["services"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_nothing_is_to_be_said_against_any_service(services: Services, rule: Callable[[Services], Any]) -> None:
    assert list(rule(services)) == []


BROKEN = {
    "worker": {
        "read_only": False,
        "cap_drop": [],
        "security_opt": [],
        "user": "root",
        "privileged": True,
        "ports": [{"target": 9464, "published": "9464"}],
        "stop_grace_period": "1m40s",
    },
    "postgres": {"cap_add": ["SYS_ADMIN"], "user": "0:0", "healthcheck": {"disable": True}},
    "grafana": {"environment": {"GF_SECURITY_ADMIN_PASSWORD": "admin", "GF_DATABASE_URL": "postgres://g:admin@db"}},
    "books": {"restart": "always", "environment": {"SIGNALBOX_DRAIN_SECONDS": "20"}},
    "ui-review": {"volumes": [{"type": "bind", "source": "/var/run/docker.sock", "target": "/x"}]},
}
SAID = {
    "unhardened": [
        "worker: its root file system can be written",
        "worker: it keeps capabilities",
        "worker: it may gain privileges",
        "worker: its user is 'root'",
        "worker: it shares what is the host's",
        "postgres: it keeps capabilities",
        "postgres: its user is '0:0'",
        "ui-review: it may write /var/run/docker.sock",
    ],
    "reachable": ["worker: port 9464 is open to other machines"],
    "unchecked": [
        "postgres: it stays up and has no healthcheck",
        "books: it stays up and has no healthcheck",
        "books: it waits for the health of postgres, which nobody asks",
        "worker: it waits for the end of books, which stays up",
        "temporal-schema: it waits for the health of postgres, which nobody asks",
    ],
    "literal_secrets": [
        "grafana: GF_SECURITY_ADMIN_PASSWORD is not a file of secrets",
        "grafana: GF_DATABASE_URL holds a password",
    ],
    "hasty": ["books: it drains 20 s, and an activity may take 90", "worker: it is killed before it has drained"],
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_says_what_is_wrong(rule: Callable[[Services], Any]) -> None:
    broken = deepcopy(resolved(PLAIN)["services"])
    for name, wrong in BROKEN.items():
        broken[name] |= wrong
    assert set(SAID[rule.__name__]) <= set(rule(broken))


def test_every_image_is_pinned_by_env() -> None:
    pinned = versions()
    used = set[str]()
    for files in STACKS:
        raw = "\n".join((ROOT / file).read_text() for file in files)
        for image in re.findall(r"^\s*image: (\S+)$", raw, re.MULTILINE):
            variable = re.fullmatch(r"[\w./-]+:\$\{(\w+)\}", image)
            assert variable, f"{image} names no variable of .env"
            assert re.search(r"\d+\.\d+", pinned[variable[1]]), f"{variable[1]} pins no version"
        used |= set(re.findall(r"\$\{(\w+)[}:]", raw))
    assert set(pinned) <= used, "a variable of .env that nothing takes"


def test_what_was_rehearsed_is_what_is_pinned() -> None:
    pinned = versions()
    assert pinned["TEMPORAL_VERSION"] == toolchain.TEMPORAL
    assert pinned["COLLECTOR_VERSION"] == toolchain.COLLECTOR
    assert pinned["TEMPORAL_UI_VERSION"] == toolchain.UI
    assert pinned["DEX_VERSION"] == f"v{toolchain.DEX}"


def test_the_report_is_of_this_rehearsal_and_of_these_versions() -> None:
    rows = re.findall(r"^\| (.*?) \| (.*?) \|", (ROOT / "docs" / "cluster-rehearsal.md").read_text(), re.MULTILINE)
    steps = [name for name, _ in STEPS]
    assert [(name, result) for name, result in rows if name in steps] == [(name, "passed") for name in steps]
    shown, pinned = dict(rows), versions()
    for program_name, variable in PROGRAMS.items():
        assert shown[program_name] == pinned[variable].removeprefix("v"), f"run `make cluster-rehearsal`: {variable}"


def test_a_variable_that_is_nowhere_is_noticed(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text('services:\n  worker:\n    image: "signalbox:${NOWHERE:?is not set}"\n')
    with pytest.raises(AssertionError, match="NOWHERE"):
        resolved((*PLAIN, str(wrong)))


def test_a_key_that_compose_does_not_know_is_noticed(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("services:\n  worker:\n    read-only: true\n")
    with pytest.raises(AssertionError, match="read-only"):
        resolved((*PLAIN, str(wrong)))


def test_every_file_that_is_mounted_is_there(services: Services) -> None:
    for name, service in services.items():
        for volume in service.get("volumes", ()):
            bound = volume["type"] == "bind" and ROOT / ".secrets" not in Path(volume["source"]).parents
            assert not bound or Path(volume["source"]).exists(), f"{name}: {volume['source']}"


def test_every_setting_exists(services: Services) -> None:
    assert unknown_settings(json.dumps(services)) == set()
    assert unknown_settings("SIGNALBOX_HOMES: x") == {"SIGNALBOX_HOMES"}


def test_secrets_are_made_before_they_are_used(services: Services, tmp_path: Path) -> None:
    made = run(["sh", "deploy/secrets.sh", str(tmp_path / "secrets")])
    used = {secret["source"] for service in services.values() for secret in service.get("secrets", ())}
    kept = {file.name: file for file in (tmp_path / "secrets").iterdir()}
    assert used - BY_HAND <= set(kept)
    assert set(kept) == {Path(line.removesuffix(" is new.")).name for line in made.splitlines()}
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    contents = {name: file.read_text() for name, file in kept.items()}
    assert contents["signalbox_password"] in contents["signalbox_store"]
    assert len({each for name, each in contents.items() if name.endswith("_password")}) == sum(
        name.endswith("_password") for name in contents
    )
    assert run(["sh", "deploy/secrets.sh", str(tmp_path / "secrets")]) == ""
    assert contents == {name: file.read_text() for name, file in kept.items()}


def test_what_a_shell_hands_over_is_the_secret(services: Services, tmp_path: Path) -> None:
    """Images that read no files: a shell reads them, exports, and becomes the program; nothing starts without."""
    scripts = {name: each["entrypoint"] for name, each in services.items() if "-c" in (each.get("entrypoint") or ())}
    assert {"temporal-schema", "temporal-frontend", "temporal-worker"} <= set(scripts)
    for name, (shell, _, script) in scripts.items():
        handed = dict(re.findall(r'(\w+)="\$\$\(cat /run/secrets/(\w+)\)"', script))
        assert set(handed.values()) <= {secret["source"] for secret in services[name]["secrets"]}, name
        begun = script.replace("$$", "$").replace("/run/secrets", str(tmp_path))
        command = [shell, "-c", re.sub(r"exec .*", "exec env", begun)]
        with pytest.raises(AssertionError, match="No such file"):
            run(command)
        for secret in handed.values():
            (tmp_path / secret).write_text(f"the {secret}\n")
        said = run(command).splitlines()
        assert {f"{variable}=the {secret}" for variable, secret in handed.items()} <= set(said), name
        for secret in handed.values():
            (tmp_path / secret).unlink()


def test_secrets_are_never_committed() -> None:
    assert ".secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert ".secrets" not in (ROOT / ".dockerignore").read_text()
    for secret in resolved(PLAIN)["secrets"].values():
        assert Path(secret["file"]).parent == ROOT / ".secrets"


def test_workers_can_be_scaled(services: Services) -> None:
    worker = services["worker"]
    assert "container_name" not in worker
    assert "ports" not in worker


def test_the_review_ui_leaves_signals_alone(services: Services) -> None:
    review = services["ui-review"]["environment"]
    assert {name for name, value in review.items() if name.endswith("_DISABLED") and value == "true"} == REVIEW_TAKES
    assert REVIEW_KEEPS not in review
    assert not any(name.endswith("_DISABLED") for name in services["ui-admin"]["environment"])


def test_every_role_of_the_server_runs_once_and_prometheus_knows_it(services: Services) -> None:
    roles = {
        service["environment"]["TEMPORAL_SERVICES"]: name
        for name, service in services.items()
        if "TEMPORAL_SERVICES" in service.get("environment", {})
    }
    assert set(roles) == {"frontend", "internal-frontend", "history", "matching", "worker"}
    asked = yaml.safe_load((ROOT / "deploy/config/prometheus/prometheus.yaml").read_text())["scrape_configs"]
    told = [(job["job_name"], each["targets"]) for job in asked for each in job.get("static_configs", ())]
    targets = {job: {target.partition(":")[0] for target in found} for job, found in told}
    assert targets["temporal"] == set(roles.values())
    assert set().union(*targets.values()) - {"localhost"} <= set(services)
    for name in set(roles.values()) - {roles["frontend"]}:  # it makes itself known by the one address of its host name
        assert list(services[name]["networks"]) == ["server"]
    frontend = services[roles["frontend"]]
    known = ip_address(frontend["networks"]["server"]["ipv4_address"])
    assert frontend["environment"]["TEMPORAL_BROADCAST_ADDRESS"] == str(known)
    network, given = ip_network(versions()["TEMPORAL_SUBNET"]), ip_network(versions()["TEMPORAL_ADDRESSES"])
    assert known in network
    assert given.subnet_of(network)
    assert known not in given, "another container may have got it before"


def test_one_role_writes_the_record_of_the_cluster_before_the_others_start(services: Services) -> None:
    for role in ("matching", "internal-frontend", "frontend", "worker"):
        needed = services[f"temporal-{role}"]["depends_on"]
        assert needed["temporal-history"]["condition"] == "service_healthy"
    first = services["temporal-history"]["depends_on"]
    assert first["temporal-schema"]["condition"] == "service_completed_successfully"


def test_who_reaches_what_asks_for_no_token(services: Services) -> None:
    inside = {name for name, each in services.items() if "server" in each["networks"]}
    temporal = {name for name in inside if name.startswith("temporal-")}
    assert inside - temporal == {"postgres", "prometheus"}
    assert "temporal-namespace" not in inside


def test_without_profiles_there_is_what_a_case_needs() -> None:
    up = set(resolved(PLAIN, "none")["services"])
    assert {"postgres", "temporal-frontend", "ui-review", "worker", "otel-collector", "prometheus", "grafana"} <= up
    assert not {"ui-admin", "jaeger", "starter", "dex"} & up
    assert "jaeger" in resolved(PLAIN, "jaeger", TRACES="jaeger")["services"]


def test_whoever_depends_on_jobs_gets_them(services: Services) -> None:
    jobs = {name for name, service in services.items() if is_job(service)}
    waited_for = {other for service in services.values() for other in service.get("depends_on", {})}
    assert jobs - waited_for == {"starter"}


def test_each_backend_of_the_collector_has_its_file() -> None:
    command = resolved(PLAIN, TRACES="jaeger")["services"]["otel-collector"]["command"]
    whole, *backends = [Path(argument).name for argument in [*command, "--config=/etc/collector/to-file.yaml"]]
    assert whole == "collector.yaml"
    for backend in backends:
        file = ROOT / "deploy/config/collector" / backend
        assert set(yaml.safe_load(file.read_text())["service"]["pipelines"]) == {"traces"}
