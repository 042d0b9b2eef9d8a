"""The autoscaler against KEDA's own definition of it, and its triggers against what KEDA's Temporal scaler reads."""

import json
import re
import shutil
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from deploy.rehearsal.kubernetes import building
from tests.deploy.kubernetes_rules import of_kind
from tests.deploy.test_kubernetes import OVERLAYS, built

KEDA = f"github.com/kedacore/keda/v2@v{building.KEDA}"
"""The release that the manifests are written for."""

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def keda() -> Path:
    """The source of KEDA, as Go's module proxy has it; no other module is taken."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not installed: KEDA's definitions come as a Go module")
    command = [go, "mod", "download", "-json", KEDA]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd="/")
    if told.returncode:
        pytest.skip(f"{KEDA} cannot be had: {told.stdout or told.stderr}")
    return Path(json.loads(told.stdout)["Dir"])


def definition(keda: Path) -> Draft202012Validator:
    """The schema of a ScaledObject, in which whatever is not named is wrong."""
    file = keda / "config" / "crd" / "bases" / "keda.sh_scaledobjects.yaml"
    [version] = yaml.safe_load(file.read_text())["spec"]["versions"]
    return Draft202012Validator(closed(version["schema"]["openAPIV3Schema"]))


def closed(schema: Any) -> Any:
    """The API server drops what a definition does not name; here that is an error."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    if isinstance(inner.get("properties"), dict) and inner.get("type") == "object" and inner["properties"]:
        inner.setdefault("additionalProperties", False)
    return inner


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_autoscaler_is_what_keda_takes(keda: Path, overlay: str) -> None:
    schema = definition(keda)
    for scaled in of_kind(built(overlay), "ScaledObject"):
        assert [error.message for error in schema.iter_errors(scaled)] == []


@pytest.mark.parametrize(
    ("field", "value"), [("minReplicas", 2), ("maxReplicaCount", "ten"), ("triggers", [{"type": "temporal"}])]
)
def test_what_keda_does_not_take_is_noticed(keda: Path, field: str, value: object) -> None:
    [scaled] = deepcopy(of_kind(built("production"), "ScaledObject"))
    scaled["spec"][field] = value
    assert list(definition(keda).iter_errors(scaled))


def test_its_triggers_say_what_the_scaler_reads(keda: Path) -> None:
    source = (keda / "pkg" / "scalers" / "temporal_scaler.go").read_text()
    read = set(re.findall(r'keda:"name=(\w+),\s+order=triggerMetadata', source))
    gone = set(re.findall(r'keda:"name=(\w+),[^"]*deprecated=', source))
    assert {"endpoint", "taskQueue"} <= read
    for overlay in OVERLAYS:
        for scaled in of_kind(built(overlay), "ScaledObject"):
            for trigger in scaled["spec"]["triggers"]:
                assert set(trigger["metadata"]) <= read - gone
