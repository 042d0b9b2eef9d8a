"""deploy/kubernetes: built by the real kustomize, valid to the API's own schemas, and as safe as the page says."""

import re
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from kubernetes_validate import SchemaNotFoundError, ValidationError

from deploy.rehearsal.kubernetes import building
from deploy.rehearsal.kubernetes.__main__ import STEPS
from deploy.rehearsal.toolchain import GO, TEMPORAL
from integrations.settings import ROOT
from tests.deploy.kubernetes_rules import RULES, Manifests, of_kind, pods
from tests.deploy.tools import DEPLOY, documents, program, run, unknown_settings
from workflows.options import TASK_QUEUE

OVERLAYS = sorted(each.name for each in (DEPLOY / "kubernetes" / "overlays").iterdir())
VERSIONS = ("1.33.0", "1.37.0")
"""The oldest and the newest release of the API that the manifests are held against."""
OTHERS = {"keda.sh/v1alpha1"}
"""Kinds that a cluster learns from others; tests/real/test_keda.py holds them against KEDA's own."""


def built(overlay: str) -> Manifests:
    """The manifests of an overlay."""
    return documents(run([program("kubectl"), "kustomize", str(DEPLOY / "kubernetes" / "overlays" / overlay)]))


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> Manifests:
    return built(request.param)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_valid(manifests: Manifests, version: str) -> None:
    for each in manifests:
        if each["apiVersion"] not in OTHERS:
            kubernetes_validate.validate(each, version, strict=True)


def test_a_manifest_that_is_not_valid_is_noticed() -> None:
    [deployment] = of_kind(built("production"), "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(ValidationError, match="readynessProbe"):
        kubernetes_validate.validate(deployment, VERSIONS[-1], strict=True)
    with pytest.raises(SchemaNotFoundError):
        kubernetes_validate.validate({**deployment, "apiVersion": "apps/v1beta1"}, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_nothing_is_to_be_said_against_any_manifest(manifests: Manifests, rule: Callable[[Manifests], Any]) -> None:
    assert list(rule(manifests)) == []


def broken() -> Manifests:
    """The production overlay after somebody who was in a hurry."""
    manifests = deepcopy(built("production"))
    [worker] = of_kind(manifests, "Deployment")
    pod = worker["spec"]["template"]["spec"]
    worker["spec"]["replicas"] = 3
    worker["spec"]["template"]["metadata"]["labels"].pop("signalbox/network")
    pod |= {"securityContext": {}, "hostNetwork": True, "terminationGracePeriodSeconds": 30}
    pod["serviceAccountName"] = "somebody"
    del pod["automountServiceAccountToken"]
    pod["containers"][0] |= {"securityContext": {}, "resources": {}, "image": "signalbox:latest"}
    del pod["containers"][0]["readinessProbe"]
    [config] = of_kind(manifests, "ConfigMap")
    config["data"] |= {"SIGNALBOX_DRAIN_SECONDS": "60", "SIGNALBOX_STORE": "postgresql://signalbox:secret@db/signalbox"}
    [policy] = of_kind(manifests, "PodDisruptionBudget")
    policy["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"] = "wroker"
    return [*manifests, {"kind": "Secret", "metadata": {"name": "signalbox"}, "data": {"signalbox_store": "eA=="}}]


SAID = {
    "privileged": [
        "may run as root",
        "any system call",
        "token for the Kubernetes API",
        "the node's",
        "may gain privileges",
        "can write its root",
        "asks for no resources",
        "may take all memory",
    ],
    "unprobed": ["worker has no readinessProbe"],
    "hasty": ["SIGNALBOX_DRAIN_SECONDS is 60, and an activity may take 90 s", "it is killed after 30 s"],
    "dangling": ["there is no ServiceAccount somebody", "this PodDisruptionBudget selects"],
    "unguarded": ["no network policy stands over its pods"],
    "unmatched": ["signalbox:latest", "would undo what the autoscaler chose"],
    "secret_values": ["a Secret with its values", "SIGNALBOX_STORE belongs into a Secret"],
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_says_what_is_wrong(rule: Callable[[Manifests], Any]) -> None:
    said = "\n".join(rule(broken()))
    for complaint in SAID[rule.__name__]:
        assert complaint in said


def test_every_setting_exists(manifests: Manifests) -> None:
    assert unknown_settings(str(manifests)) == set()


def test_every_queue_of_the_workers_is_counted(manifests: Manifests) -> None:
    [scaled] = of_kind(manifests, "ScaledObject")
    [config] = of_kind(manifests, "ConfigMap")
    triggers = [each["metadata"] for each in scaled["spec"]["triggers"]]
    assert {each["taskQueue"] for each in triggers} == {TASK_QUEUE, f"{TASK_QUEUE}-effects", f"{TASK_QUEUE}-reasoning"}
    for each in triggers:
        assert each["namespace"] == config["data"]["TEMPORAL_NAMESPACE"]
        assert each["endpoint"] == config["data"]["TEMPORAL_ADDRESS"]
        assert each["workerDeploymentName"] == config["data"]["SIGNALBOX_DEPLOYMENT"]


def test_probes_ask_where_the_worker_answers(manifests: Manifests) -> None:
    [config] = of_kind(manifests, "ConfigMap")
    port = int(config["data"]["SIGNALBOX_OPS_ADDRESS"].rpartition(":")[2])
    [worker] = of_kind(manifests, "Deployment")
    [container] = worker["spec"]["template"]["spec"]["containers"]
    assert container["ports"] == [{"containerPort": port, "name": "ops"}]
    assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "ops"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "ops"}


@pytest.fixture
def production(tmp_path: Path) -> Path:
    """The overlay in a copy of the manifests, to change."""
    shutil.copytree(DEPLOY / "kubernetes", tmp_path / "kubernetes")
    return tmp_path / "kubernetes" / "overlays" / "production"


def with_components(production: Path, *names: str) -> Manifests:
    """What comes out where an overlay takes these; every rule and the API's schemas hold for it."""
    both = production / "kustomization.yaml"
    taken = "".join(f"  - ../../components/{name}\n" for name in names)
    both.write_text(f"{both.read_text()}components:\n{taken}")
    manifests = documents(run([program("kubectl"), "kustomize", str(production)]))
    assert [complaint for rule in RULES for complaint in rule(manifests)] == []
    for each in manifests:
        if each["apiVersion"] not in OTHERS:
            kubernetes_validate.validate(each, VERSIONS[-1], strict=True)
    assert unknown_settings(str(manifests)) == set()
    return manifests


def that_have(manifests: Manifests, setting: str) -> set[str]:
    """Whose pods have the file that a setting names."""
    [config] = of_kind(manifests, "ConfigMap")
    file = config["data"][setting]
    mounts = {name: template["spec"]["containers"][0]["volumeMounts"] for name, template in pods(manifests)}
    return {name for name, each in mounts.items() if any(file.startswith(f"{one['mountPath']}/") for one in each)}


def test_payloads_are_encrypted_where_an_overlay_asks_for_it(production: Path) -> None:
    manifests = with_components(production, "encryption")
    everybody = {name for name, _ in pods(manifests)}
    assert that_have(manifests, "SIGNALBOX_KEYRING") == everybody - {
        "signalbox-checkpoint"
    }  # it knows the ledger alone
    for name, template in pods(manifests):
        assert template["spec"]["containers"][0]["image"] == "registry.example.com/signalbox:0.1.0-local", name


@pytest.mark.parametrize("others", [(), ("encryption",)])
def test_a_server_is_shown_a_token_where_an_overlay_asks_for_it(production: Path, others: tuple[str, ...]) -> None:
    manifests = with_components(production, "server-access", *others)
    shown = {"signalbox-worker-0-1-0", "signalbox-verification"}
    assert that_have(manifests, "SIGNALBOX_TOKEN_FILE") == shown
    [keda] = of_kind(manifests, "TriggerAuthentication")
    [apart] = keda["spec"]["secretTargetRef"]
    for name, template in pods(manifests):
        secrets = [each["secret"] for each in template["spec"]["volumes"] if "secret" in each]
        handed = [each for each in secrets if each["secretName"] == apart["name"]]
        assert all(item["key"] != apart["key"] for each in handed for item in each["items"]), "the scaler's own"
        assert len(handed) == (name in shown)
    [scaled] = of_kind(manifests, "ScaledObject")
    for trigger in scaled["spec"]["triggers"]:
        assert trigger["authenticationRef"] == {"name": keda["metadata"]["name"]}


def test_the_report_is_of_this_rehearsal() -> None:
    rows = re.findall(r"^\| (.*?) \| (.*?) \|", (ROOT / "docs" / "kubernetes-rehearsal.md").read_text(), re.MULTILINE)
    steps = [name for name, _ in STEPS]
    assert [(name, result) for name, result in rows if name in steps] == [(name, "passed") for name in steps]
    for program_name, version in (("KEDA", building.KEDA), ("Temporal server", TEMPORAL)):
        assert dict(rows)[program_name] == version, "run `make kubernetes-rehearsal`"


def test_the_modules_of_the_rehearsal_are_of_the_versions_that_it_names() -> None:
    named = {
        "kubernetes": ("k8s.io/kubernetes", building.KUBERNETES),
        "etcd": ("go.etcd.io/etcd/server/v3", building.ETCD),
        "kwok": ("sigs.k8s.io/kwok", building.KWOK),
        "keda": ("github.com/kedacore/keda/v2", building.KEDA),
    }
    assert set(named) == set(building.SOURCES)
    for folder, (module, version) in named.items():
        assert re.search(rf"\b{module} v{re.escape(version)}\b", (GO / folder / "go.mod").read_text()), folder


def test_two_versions_run_beside_each_other(production: Path) -> None:
    """As the page says it: a copy of the folder of the version, with another name, suffix, tag and label."""
    (production / "worker-0-2-0").mkdir()
    old = (production / "worker-0-1-0" / "kustomization.yaml").read_text()
    new = old.replace("-0-1-0", "-0-2-0").replace("0.1.0-local", "0.2.0-4f2a9c81d3")
    (production / "worker-0-2-0" / "kustomization.yaml").write_text(new)
    both = production / "kustomization.yaml"
    both.write_text(both.read_text().replace("  - worker-0-1-0\n", "  - worker-0-1-0\n  - worker-0-2-0\n"))
    manifests = documents(run([program("kubectl"), "kustomize", str(production)]))
    assert [each["metadata"]["name"] for each in of_kind(manifests, "Deployment")] == [
        "signalbox-worker-0-1-0",
        "signalbox-worker-0-2-0",
    ]
    assert [complaint for rule in RULES for complaint in rule(manifests)] == []


def test_what_runs_is_in_the_image(manifests: Manifests) -> None:
    for name, template in pods(manifests):
        for container in template["spec"]["containers"]:
            for word in container.get("args", ()):
                assert not word.endswith(".py") or (ROOT / word).is_file(), name
