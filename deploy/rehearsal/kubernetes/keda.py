"""KEDA: the operator that scales by what waits, and the server that shows the autoscaler its figures."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.rehearsal.kubernetes.control_plane import ControlPlane
from deploy.rehearsal.processes import Program, free_ports, listens

NAMESPACE = "keda"
WHERE = ("POD_NAMESPACE", "KEDA_CLUSTER_OBJECT_NAMESPACE")
"""How it is told in which namespace it is."""
SERVICE = "keda-metrics-apiserver"
KINDS = "crds"
"""The folder of KEDA's own kinds, beside its programs."""


@dataclass
class Keda:
    """Its two programs, with the rights of an administrator."""

    folder: Path
    tools: Path
    plane: ControlPlane
    parts: list[Program] = field(default_factory=list[Program])

    async def start(self) -> None:
        """Teach the API server its kinds, start it, and wait until its figures are served."""
        kinds = ("--filename", str(self.tools / KINDS))
        await self.plane.done("apply", "--server-side", *kinds)
        await self.plane.done("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
        figures, health, asked, served, own = free_ports(5)
        await self.plane.take(*_announced(served, (self.plane.admin.authority).read_bytes()))
        mine = self.plane.authority.identity("keda", addresses=(f"{SERVICE}.{NAMESPACE}.svc",))
        await self._part(
            "keda-operator",
            *(f"--metrics-bind-address=127.0.0.1:{figures}", f"--health-probe-bind-address=127.0.0.1:{health}"),
            *(f"--metrics-service-bind-address=127.0.0.1:{asked}", f"--cert-dir={mine.folder}"),
            f"--ca-dir={mine.folder}",
            port=asked,
        )
        await self._part(
            "keda-adapter",
            *("--bind-address=127.0.0.1", f"--secure-port={served}", f"--port={own}"),
            *(f"--metrics-service-address=localhost:{asked}", f"--cert-dir={mine.folder}"),
            *(f"--tls-cert-file={mine.certificate}", f"--tls-private-key-file={mine.key}"),
            *(f"--{of}-kubeconfig={self.plane.config}" for of in ("lister", "authentication", "authorization")),
            port=served,
        )
        await self.plane.done("wait", "--for=condition=Available", "apiservice", _group(), "--timeout=60s")

    async def stop(self) -> None:
        """End it."""
        for part in reversed(self.parts):
            await part.stop(10)

    async def _part(self, name: str, *words: str, port: int) -> None:
        told = {"KUBECONFIG": str(self.plane.config), "WATCH_NAMESPACE": "", **dict.fromkeys(WHERE, NAMESPACE)}
        made = Program(name, (str(self.tools / name), *words), told, self.folder / f"{name}.log")
        self.parts.append(made)
        await made.start()
        await listens(made, port, 90)


def _group() -> str:
    return "v1beta1.external.metrics.k8s.io"


def _announced(port: int, authority: bytes) -> tuple[dict[str, Any], ...]:
    """Where the API server finds the figures: a service that leads to this machine."""
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    there = {"type": "ExternalName", "externalName": "localhost"}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": SERVICE, "namespace": NAMESPACE}}
    spec = {
        "group": "external.metrics.k8s.io",
        "version": "v1beta1",
        "service": {"name": SERVICE, "namespace": NAMESPACE, "port": port},
        "caBundle": b64encode(authority).decode(),
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
    }
    shown = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": _group()}}
    return (space, {**service, "spec": there}, {**shown, "spec": spec})
