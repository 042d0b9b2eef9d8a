"""The control plane of Kubernetes, its parts real and each a process; machines are made up by KWOK."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.rehearsal.kubernetes.certificates import Authority, Identity
from deploy.rehearsal.processes import Failed, Program, free_ports, listens, until
from deploy.rehearsal.toolchain import Missing
from integrations.programs import installed

ZONES = ("a", "b")
NODES = {f"node-{zone}{number}": zone for zone in ZONES for number in (1, 2)}
"""The zone of each."""
SERVICES = "10.96.0.0/16"
ISSUER = "https://kubernetes.default.svc"
AGGREGATOR = "aggregator"
"""Who the API server is when it passes a call on, such as one for KEDA's metrics."""
STAGES = "stages.yaml"
"""What KWOK makes of nodes and pods, beside its program."""
SECONDS = 180


@dataclass(frozen=True)
class Said:
    """What kubectl printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass
class ControlPlane:
    """etcd, the API server, the controllers, the scheduler, and KWOK in the place of every kubelet."""

    folder: Path
    tools: Path
    parts: dict[str, Program] = field(default_factory=dict[str, Program])
    ports: tuple[int, ...] = field(default_factory=lambda: tuple(free_ports(3)))

    def __post_init__(self) -> None:
        """Make the certificates."""
        self.authority = Authority(self.folder / "certificates")
        self.admin = self.authority.identity("admin", group="system:masters")
        self.server = self.authority.identity("kube-apiserver", addresses=("kubernetes.default.svc",))

    @property
    def config(self) -> Path:
        """The kubeconfig of an administrator."""
        return self.folder / "kubeconfig.json"

    async def start(self) -> None:
        """Start it, with nodes that are ready."""
        etcd, peers, api = self.ports
        self.config.write_text(json.dumps(_kubeconfig(f"https://127.0.0.1:{api}", self.admin)))
        await self.run("etcd", *self._etcd(etcd, peers), port=etcd)
        await self.run("kube-apiserver", *self._api_server(api, etcd), port=api)
        await until(self._ready, "the API server is ready", 90)
        here, alone = f"--kubeconfig={self.config}", ("--leader-elect=false", "--secure-port=0")
        await self.run("kube-controller-manager", here, *alone, *self._controllers())
        await self.run("kube-scheduler", here, *alone)
        lived = ("--manage-all-nodes=true", "--node-lease-duration-seconds=40", f"--config={self.tools / STAGES}")
        await self.run("kwok", here, *lived)
        await self.take(*(_node(*each) for each in NODES.items()))
        await self.done("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s")

    async def stop(self) -> None:
        """End it, what others need last."""
        for part in reversed(self.parts.values()):
            await part.stop(10)

    async def kubectl(self, *words: str, given: str | None = None, within: float = SECONDS) -> Said:
        """What kubectl says to these words as an administrator."""
        process = await asyncio.create_subprocess_exec(
            *(_kubectl(), "--kubeconfig", str(self.config), *words),
            cwd=self.folder,
            stdin=asyncio.subprocess.PIPE if given is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(within):
                out, err = await process.communicate(given.encode() if given is not None else None)
        except (TimeoutError, asyncio.CancelledError) as late:
            process.kill()
            await process.wait()
            if isinstance(late, TimeoutError):
                raise Failed(f"`kubectl {' '.join(words[:4])}` does not end within {within:g} s.") from None
            raise
        return Said(process.returncode or 0, out.decode().strip(), err.decode().strip())

    async def done(self, *words: str, given: str | None = None, within: float = SECONDS) -> str:
        """The same; raise `Failed` unless it succeeds."""
        said = await self.kubectl(*words, given=given, within=within)
        if said.code:
            raise Failed(f"`kubectl {' '.join(words)}` says: {said.err[-800:]}")
        return said.out

    async def take(self, *manifests: Mapping[str, Any]) -> None:
        """Hand in what is no part of deploy/, but what a cluster has anyway."""
        every = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
        await self.done("apply", "--server-side", "--filename", "-", given=every)

    async def found(self, *words: str) -> list[dict[str, Any]]:
        """What `kubectl get` finds."""
        return json.loads(await self.done("get", *words, "--output", "json"))["items"]

    async def run(self, name: str, *words: str, port: int = 0, environ: Mapping[str, str] | None = None) -> None:
        """Start a part, and wait until it listens where it has a port; it ends before those it came after."""
        made = Program(name, (str(self.tools / name), *words), environ or {}, self.folder / f"{name}.log")
        self.parts[name] = made
        await made.start()
        if port:
            await listens(made, port, 90)

    async def _ready(self) -> bool:
        self.parts["kube-apiserver"].check()
        return (await self.kubectl("get", "--raw", "/readyz")).code == 0

    def _etcd(self, port: int, peers: int) -> tuple[str, ...]:
        mine, others = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peers}"
        return (
            f"--data-dir={self.folder / 'etcd'}",
            *(f"--listen-client-urls={mine}", f"--advertise-client-urls={mine}"),
            *(f"--listen-peer-urls={others}", f"--initial-advertise-peer-urls={others}"),
            f"--initial-cluster=default={others}",
            "--unsafe-no-fsync",
        )

    def _api_server(self, port: int, etcd: int) -> tuple[str, ...]:
        server, aggregator = self.server, self.authority.identity(AGGREGATOR)
        return (
            f"--etcd-servers=http://127.0.0.1:{etcd}",
            *("--bind-address=127.0.0.1", f"--secure-port={port}", "--advertise-address=127.0.0.1"),
            *(f"--tls-cert-file={server.certificate}", f"--tls-private-key-file={server.key}"),
            f"--client-ca-file={server.authority}",
            "--authorization-mode=RBAC",
            *(f"--service-account-issuer={ISSUER}", f"--service-cluster-ip-range={SERVICES}"),
            *(f"--service-account-signing-key-file={server.key}", f"--service-account-key-file={server.certificate}"),
            *(f"--proxy-client-cert-file={aggregator.certificate}", f"--proxy-client-key-file={aggregator.key}"),
            *(f"--requestheader-client-ca-file={server.authority}", f"--requestheader-allowed-names={AGGREGATOR}"),
            *("--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group"),
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        )

    def _controllers(self) -> tuple[str, ...]:
        return (
            f"--service-account-private-key-file={self.server.key}",
            f"--root-ca-file={self.server.authority}",
            "--horizontal-pod-autoscaler-sync-period=2s",
        )


def _kubeconfig(server: str, who: Identity) -> dict[str, Any]:
    cluster = {"server": server, "certificate-authority": str(who.authority)}
    user = {"client-certificate": str(who.certificate), "client-key": str(who.key)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "rehearsal", "cluster": cluster}],
        "users": [{"name": "admin", "user": user}],
        "contexts": [{"name": "rehearsal", "context": {"cluster": "rehearsal", "user": "admin"}}],
        "current-context": "rehearsal",
    }


def _node(name: str, zone: str) -> dict[str, Any]:
    size = {"cpu": "4", "memory": "8Gi", "pods": "50"}
    labels = {"topology.kubernetes.io/zone": zone, "kubernetes.io/hostname": name}
    metadata = {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}}
    status = {"capacity": size, "allocatable": size}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "status": status}


def _kubectl() -> str:
    found = installed("kubectl")
    if found is None:
        raise Missing("there is no kubectl; `make .venv/dev` brings it where there is a build for this machine.")
    return found
