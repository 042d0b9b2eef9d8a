"""What Prometheus and Grafana are given: files that parse, queries in Prometheus' grammar, and metrics that exist."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from integrations.settings import ROOT
from tests.deploy.known_metrics import ALL
from tests.deploy.tools import DEPLOY, documents

GRAFANA = DEPLOY / "config" / "grafana"
PROMETHEUS = DEPLOY / "config" / "prometheus"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
ALERTS = PROMETHEUS / "alerts.yaml"


def dashboard_name(file: Path) -> str:
    return file.stem


def read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text())


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in dashboard["panels"] if each["type"] != "row"]


def queries() -> Iterator[tuple[str, str]]:
    """Every query with where it stands."""
    for file in DASHBOARDS:
        for panel in panels(read(file)):
            yield from ((f"{file.stem}: {panel['title']}", target["expr"]) for target in panel["targets"])
    for rule in alerts():
        yield f"alert {rule['alert']}", rule["expr"]


def alerts() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(ALERTS.read_text())["groups"]
    return group["rules"]


def metrics(query: str) -> set[str]:
    """The metrics that a query names, a histogram by its own name; raise `ValueError` for what is no query."""
    named = set[str]()

    def note(each: object) -> None:
        selector = each.vector_selector if isinstance(each, promql_parser.MatrixSelector) else each
        if isinstance(selector, promql_parser.VectorSelector):
            named.add(re.sub(r"_bucket$", "", str(selector.name)))

    promql_parser.walk(promql_parser.parse(query), pre_visit=note)
    return named


@pytest.mark.parametrize(("where", "query"), [pytest.param(*each, id=each[0]) for each in queries()])
def test_every_query_names_metrics_that_exist(where: str, query: str) -> None:
    assert metrics(query) <= ALL, where
    assert metrics(query), where


def test_a_query_that_is_none_is_noticed() -> None:
    with pytest.raises(ValueError, match=r"unclosed|unexpected|invalid"):
        metrics('sum by (role) (rate(service_requests{job="temporal"}[5m])')
    assert metrics("histogram_quantile(0.9, rate(no_such_seconds_bucket[5m])) / up") == {"no_such_seconds", "up"}


def test_every_metric_that_is_known_is_asked_for() -> None:
    assert set().union(*(metrics(query) for _, query in queries())) == ALL


@pytest.mark.parametrize("file", DASHBOARDS, ids=dashboard_name)
def test_a_dashboard_is_whole(file: Path) -> None:
    dashboard = read(file)
    assert dashboard["uid"] == f"signalbox-{file.stem}"
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    sources = {
        each["uid"] for each in yaml.safe_load((GRAFANA / "datasources" / "prometheus.yaml").read_text())["datasources"]
    }
    for panel in panels(dashboard):
        assert panel["datasource"]["uid"] in sources
        assert {target["datasource"]["uid"] for target in panel["targets"]} <= sources
        assert all(target["legendFormat"] for target in panel["targets"])


@pytest.mark.parametrize("file", DASHBOARDS, ids=dashboard_name)
def test_no_panel_lies_on_another(file: Path) -> None:
    places = [panel["gridPos"] for panel in read(file)["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    assert not [pair for pair in combinations(places, 2) if overlap(*pair)]


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(one[at] < other[at] + other[size] and other[at] < one[at] + one[size] for at, size in ("xw", "yh"))


def test_grafana_finds_what_is_provisioned() -> None:
    [provider] = yaml.safe_load((GRAFANA / "dashboards" / "dashboards.yaml").read_text())["providers"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]
    home = compose["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert "./deploy/config/grafana:/etc/grafana/provisioning:ro" in compose["volumes"]
    assert provider["options"]["path"] == "/etc/grafana/provisioning/dashboards" == str(Path(home).parent)
    assert (GRAFANA / "dashboards" / Path(home).name) in DASHBOARDS


def test_every_alert_says_what_it_is_and_where_to_look() -> None:
    for rule in alerts():
        assert (
            {"alert", "expr", "labels", "annotations"} <= set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        )
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert set(rule["annotations"]) == {"summary", "look"}
        used = re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"]))
        grouped = re.findall(r"by \(([^)]*)\)", rule["expr"])
        assert set(used) <= {name.strip() for each in grouped for name in each.split(",")} | {"instance", "role"}


def test_prometheus_reads_the_alerts_and_its_jobs_are_those_of_the_queries() -> None:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yaml").read_text())
    assert config["rule_files"] == [ALERTS.name]
    jobs = {job["job_name"] for job in config["scrape_configs"]}
    asked = {job for _, query in queries() for job in re.findall(r'job="([^"]+)"', query)}
    assert asked <= jobs


@pytest.mark.parametrize("file", sorted([*DEPLOY.rglob("*.yaml"), *DEPLOY.rglob("*.yml")]), ids=lambda file: file.name)
def test_every_yaml_can_be_read(file: Path) -> None:
    text = file.read_text()
    if "{{ getenv" not in text:  # a template, which its image fills in
        assert documents(text)
