"""The files that compose mounts and the rehearsal runs say what the code says."""

import base64
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.rehearsal.env_file import BadEnvFile, env_file
from deploy.rehearsal.logins import rendered
from integrations.service_tokens import PERMISSIONS
from tests.conftest import ROOT
from workflows import attributes

CONFIG = ROOT / "deploy" / "config"
NAMESPACE = "signalbox"
TYPES = {"keyword_list": "KeywordList"}


def dex() -> dict[str, Any]:
    return yaml.safe_load(rendered((CONFIG / "dex/config.yaml").read_text(), {}))


def test_the_namespace_job_makes_the_search_attributes_of_the_code() -> None:
    lines = (CONFIG / "temporal/namespace.sh").read_text().splitlines()
    made = [tuple(line.split()[1:]) for line in lines if line.startswith("attribute ")]
    kinds = [key.indexed_value_type.name.lower() for key in attributes.ALL]
    names = [key.name for key in attributes.ALL]
    assert made == [(name, TYPES.get(kind, kind.title())) for name, kind in zip(names, kinds, strict=True)]


def test_dex_calls_people_what_the_directory_calls_them() -> None:
    people = {each["id"]: each for each in tomllib.loads((ROOT / "policies/people.toml").read_text())["person"]}
    for each in dex()["staticPasswords"]:
        assert each["groups"][1:] == ["temporal-system:read"]  # or the UI sends them back to the sign-in
        if each["groups"][0] == f"{NAMESPACE}:read":
            assert each["username"] not in people
            continue
        person = people[each["username"]]
        assert each["email"] == person["email"]
        assert subject(each["userID"]) in person["principals"]


def subject(user: str, connector: str = "local") -> str:
    """`sub` as dex makes it: two texts as fields 1 and 2 of a protocol buffer, in base64url."""
    fields = [bytes([number << 3 | 2, len(text)]) + text.encode() for number, text in ((1, user), (2, connector))]
    return base64.urlsafe_b64encode(b"".join(fields)).decode().rstrip("=")


def test_the_image_finds_nothing_in_the_file_of_dex_that_it_could_misread() -> None:
    assert "{{" not in rendered((CONFIG / "dex/config.yaml").read_text(), {})


def test_nobody_gets_a_password_with_the_file() -> None:
    for each in dex()["staticPasswords"]:
        assert each["hashFromEnv"] == "DEX_PASSWORD_HASH"
        assert "hash" not in each


def test_permissions_are_looked_for_where_both_dex_and_our_own_tokens_have_them() -> None:
    secure = env_file(CONFIG / "temporal/secure.env")
    assert secure["TEMPORAL_JWT_PERMISSIONS_CLAIM"] == PERMISSIONS == "groups"
    assert secure["TEMPORAL_AUTH_AUTHORIZER"] == secure["TEMPORAL_AUTH_CLAIM_MAPPER"] == "default"


def test_the_server_says_who_called() -> None:
    settings = yaml.safe_load((CONFIG / "temporal/dynamic.yaml").read_text())
    assert settings["frontend.enablePrincipalPropagation"] == [{"value": True}]
    assert all(set(each) == {"value"} for values in settings.values() for each in values)


def test_all_roles_together_leave_connections_to_the_others() -> None:
    server = env_file(CONFIG / "temporal/server.env")
    of_a_role = int(server["SQL_MAX_CONNS"]) + int(server["SQL_VIS_MAX_CONNS"])
    assert 5 * of_a_role <= 100  # what PostgreSQL allows where nothing else is said


def test_what_the_collector_takes_it_hands_on() -> None:
    collector = yaml.safe_load((CONFIG / "collector/collector.yaml").read_text())
    pipelines = collector["service"]["pipelines"]
    assert pipelines.keys() == {"traces", "metrics"}
    for pipeline in pipelines.values():
        for part in ("receivers", "processors", "exporters"):
            assert set(pipeline[part]) <= set(collector[part])
        assert pipeline["processors"][0] == "memory_limiter"  # else it cannot refuse before anything piles up


def test_prometheus_comes_for_the_figures_where_the_collector_has_them() -> None:
    collector = yaml.safe_load((CONFIG / "collector/collector.yaml").read_text())
    served = collector["exporters"]["prometheus"]["endpoint"]
    jobs = yaml.safe_load((CONFIG / "prometheus/prometheus.yaml").read_text())["scrape_configs"]
    [job] = [job for job in jobs if job["job_name"] == "otel-collector"]
    assert job["static_configs"] == [{"targets": ["otel-collector:8889"]}]
    assert served.endswith(":-8889}")
    assert job["honor_labels"]  # or all workers would be one instance, the collector
    assert collector["exporters"]["prometheus"]["resource_to_telemetry_conversion"]["enabled"]  # `build` is a label


@pytest.mark.parametrize("script", sorted(CONFIG.rglob("*.sh")), ids=lambda script: script.name)
def test_scripts_are_written_for_any_shell(script: Path) -> None:
    assert script.read_text().startswith("#!/bin/sh\n")
    assert script.stat().st_mode & 0o100
    subprocess.run(("sh", "-n", str(script)), check=True)


def test_a_line_that_is_no_variable_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.env").write_text("# a comment\n\nA=1=2\nnothing\n")
    with pytest.raises(BadEnvFile, match=r"bad.env, line 4: write NAME=value"):
        env_file(tmp_path / "bad.env")
    (tmp_path / "good.env").write_text("# a comment\n\nA=1=2\nB=\n")
    assert env_file(tmp_path / "good.env") == {"A": "1=2", "B": ""}
