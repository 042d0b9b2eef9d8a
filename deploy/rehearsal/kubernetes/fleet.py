"""What every step on Kubernetes works with: a control plane beside the servers, and the manifests as the page says."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from commands.desk import Desk
from deploy.rehearsal.cluster import NAMESPACE
from deploy.rehearsal.kubernetes.control_plane import ControlPlane
from deploy.rehearsal.kubernetes.entrance import Entrance
from deploy.rehearsal.processes import until
from deploy.rehearsal.scene import Scene
from integrations.settings import ROOT

if TYPE_CHECKING:
    from deploy.rehearsal.kubernetes.pods import PodProcess

SPACE = "signalbox"
PLACEHOLDER = "0.1.0-local"
"""The build id that stands in the repository."""
FIRST, SECOND = "0-1-0", "0-2-0"
"""What the folders of two versions, and their workers, are called."""
LEAST, FALLBACK, MOST = 2, 3, 10
"""Workers of a version, as worker/scaling.yaml says."""
QUEUES = range(3)
"""The triggers of a ScaledObject."""
PATIENT = {
    "/spec/pollingInterval": 2,
    "/spec/advanced/horizontalPodAutoscalerConfig/behavior/scaleDown/stabilizationWindowSeconds": 5,
    "/spec/advanced/horizontalPodAutoscalerConfig/behavior/scaleDown/policies/0/periodSeconds": 5,
}
"""Seconds of the autoscaler, of which a rehearsal has fewer."""


@dataclass(kw_only=True)
class Fleet(Scene):
    """The servers, the cluster, and a copy of deploy/kubernetes in which what is the reader's to say is said."""

    plane: ControlPlane
    entrance: Entrance
    processes: dict[str, PodProcess] = field(default_factory=dict[str, "PodProcess"])
    """What works beside the cluster in the place of a version's pods."""
    encrypting: bool = False

    @property
    def folder(self) -> Path:
        """Where somebody types what the page says."""
        return self.ground.folder / "typing"

    @property
    def production(self) -> Path:
        """The overlay."""
        return self.folder / "deploy" / "kubernetes" / "overlays" / "production"

    def build(self, version: str) -> str:
        """What the build of a version's workers is called."""
        return self.ground.versions[version].build

    def write_manifests(self) -> None:
        """Copy deploy/kubernetes; say where the server is, and what the first version is called."""
        shutil.copytree(ROOT / "deploy" / "kubernetes", self.folder / "deploy" / "kubernetes")
        first = self.production / f"worker-{FIRST}" / "kustomization.yaml"
        first.write_text(first.read_text().replace(PLACEHOLDER, self.build("A")))
        server = self.entrance.address
        said = {**PATIENT, **{f"/spec/triggers/{number}/metadata/endpoint": server for number in QUEUES}}
        changes = [{"op": "add", "path": path, "value": value} for path, value in said.items()]
        overlay = self._overlay()
        overlay["images"][0]["newTag"] = self.build("A")
        overlay["components"] = ["../../components/server-access"]
        settings = overlay["configMapGenerator"][0]["literals"]
        settings += [f"TEMPORAL_ADDRESS={server}", f"TEMPORAL_TLS_SERVER_CA_CERT_PATH={self.plane.admin.authority}"]
        overlay["patches"] = [{"target": {"kind": "ScaledObject"}, "patch": yaml.safe_dump(changes)}]
        self._write(overlay)

    def add_version(self) -> None:
        """A second version beside the first, as the page says it."""
        second = self.production / f"worker-{SECOND}"
        shutil.copytree(self.production / f"worker-{FIRST}", second)
        file = second / "kustomization.yaml"
        file.write_text(file.read_text().replace(self.build("A"), self.build("B")).replace(f"-{FIRST}", f"-{SECOND}"))
        overlay = self._overlay()
        overlay["resources"].append(second.name)
        overlay["images"][0]["newTag"] = self.build("B")
        self._write(overlay)

    def remove_version(self) -> None:
        """Take the first version out of the overlay."""
        overlay = self._overlay()
        overlay["resources"].remove(f"worker-{FIRST}")
        self._write(overlay)

    def encrypt(self) -> None:
        """Take the component that encrypts payloads."""
        self.encrypting = True
        overlay = self._overlay()
        overlay["components"].append("../../components/encryption")
        self._write(overlay)

    async def operator(self) -> Desk:
        """Whoever hands in; payloads are in clear until the component is taken that encrypts them."""
        token = self.ground.token("mailroom", f"{NAMESPACE}:write")
        return await self.ground.desk(token, "mailroom", keyless=not self.encrypting)

    async def ready(self, version: str = "", component: str = "worker") -> list[dict[str, Any]]:
        """The pods that are ready and stay."""
        selector = f"app.kubernetes.io/component={component}" + (f",signalbox/version={version}" if version else "")
        pods = await self.plane.found("pods", "--namespace", SPACE, "--selector", selector)
        return [pod for pod in pods if _is_ready(pod) and "deletionTimestamp" not in pod["metadata"]]

    async def grown(self, least: int, most: int, version: str = "", seconds: float = 90) -> int:
        """Wait until as many workers are ready; returns how many."""
        found = 0

        async def enough() -> bool:
            nonlocal found
            found = len(await self.ready(version))
            return least <= found <= most

        what = f"{least} to {most} workers of {version or 'all versions'} are ready"
        await until(enough, what, seconds)
        return found

    def _overlay(self) -> dict[str, Any]:
        return yaml.safe_load((self.production / "kustomization.yaml").read_text())

    def _write(self, overlay: dict[str, Any]) -> None:
        (self.production / "kustomization.yaml").write_text(yaml.safe_dump(overlay, sort_keys=False))


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
