"""KEDA: the operator that scales by what waits, and the server that shows the autoscaler its figures."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from deploy.rehearsal.kubernetes.control_plane import ControlPlane
from deploy.rehearsal.processes import free_ports

NAMESPACE = "keda"
WHERE = ("POD_NAMESPACE", "KEDA_CLUSTER_OBJECT_NAMESPACE")
"""How it is told in which namespace it is."""
SERVICE, GROUP = "keda-metrics-apiserver", "v1beta1.external.metrics.k8s.io"
"""Where its figures are served, and what the API server calls them."""
KINDS = "crds"
"""The folder of KEDA's own kinds, beside its programs."""


async def start_keda(plane: ControlPlane) -> None:
    """Teach the API server its kinds, start it as an administrator, and wait until its figures are served."""
    await plane.done("apply", "--server-side", "--filename", str(plane.tools / KINDS))
    await plane.done("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    figures, health, asked, served, own = free_ports(5)
    await plane.take(*_announced(served, plane.admin.authority.read_bytes()))
    mine = plane.authority.identity("keda", addresses=(f"{SERVICE}.{NAMESPACE}.svc",))
    told = {"KUBECONFIG": str(plane.config), "WATCH_NAMESPACE": "", **dict.fromkeys(WHERE, NAMESPACE)}
    await plane.run(
        "keda-operator",
        *(f"--metrics-bind-address=127.0.0.1:{figures}", f"--health-probe-bind-address=127.0.0.1:{health}"),
        *(f"--metrics-service-bind-address=127.0.0.1:{asked}", f"--cert-dir={mine.folder}"),
        f"--ca-dir={mine.folder}",
        port=asked,
        environ=told,
    )
    await plane.run(
        "keda-adapter",
        *("--bind-address=127.0.0.1", f"--secure-port={served}", f"--port={own}"),
        *(f"--metrics-service-address=localhost:{asked}", f"--cert-dir={mine.folder}"),
        *(f"--tls-cert-file={mine.certificate}", f"--tls-private-key-file={mine.key}"),
        *(f"--{of}-kubeconfig={plane.config}" for of in ("lister", "authentication", "authorization")),
        port=served,
        environ=told,
    )
    await plane.done("wait", "--for=condition=Available", "apiservice", GROUP, "--timeout=60s")


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
    shown = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": GROUP}}
    return (space, {**service, "spec": there}, {**shown, "spec": spec})
