"""Building the parts of a Kubernetes cluster, and KEDA, from their sources, once."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from deploy.rehearsal.kubernetes.control_plane import STAGES
from deploy.rehearsal.kubernetes.keda import KINDS
from deploy.rehearsal.toolchain import GO, Build, go, step

KUBERNETES, ETCD, KEDA, KWOK = "1.36.3", "3.7.3", "2.21.0", "0.8.0"
_KEDA, _KWOK = "github.com/kedacore/keda/v2", "sigs.k8s.io/kwok"
LIVED = ("node/fast", "node/heartbeat-with-lease", "pod/fast")
"""What KWOK makes of nodes and pods: they are ready at once, jobs end at once, and what is deleted goes at once."""
SOURCES: Mapping[str, Mapping[str, str]] = {
    "kubernetes": {
        name: f"k8s.io/kubernetes/cmd/{name}"
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    },
    "etcd": {"etcd": "go.etcd.io/etcd/server/v3"},
    "kwok": {"kwok": f"{_KWOK}/cmd/kwok"},
    "keda": {"keda-operator": f"{_KEDA}/cmd/operator", "keda-adapter": f"{_KEDA}/cmd/adapter"},
}
"""By the folder that pins its modules: what is built of which package."""
NAMED = f"-X k8s.io/component-base/version.gitVersion=v{KUBERNETES}"
"""What the API server calls itself: its sources do not say."""


async def tools(cache: Path, say: Callable[[str], None]) -> Path:
    """The folder of all programs; raise `Missing` without Go or where one cannot be built."""
    pinned = hashlib.sha256(b"".join((GO / name / "go.mod").read_bytes() for name in SOURCES)).hexdigest()[:8]
    programs = [program for each in SOURCES.values() for program in each]
    return await Build(
        cache / f"kubernetes-{KUBERNETES}-{pinned}", (*programs, KINDS, STAGES), partial(_make, say=say)
    ).done(say)


async def _make(folder: Path, say: Callable[[str], None]) -> None:
    for pins, programs in SOURCES.items():
        for program, package in programs.items():
            say(f"building {program}")
            await step(GO / pins, go(), "build", "-ldflags", NAMED, "-o", str(folder / program), package)
    sources = await _sources("keda", _KEDA)
    shutil.copytree(sources / "config" / "crd" / "bases", folder / KINDS, copy_function=shutil.copyfile)
    stages = await _sources("kwok", _KWOK) / "kustomize" / "stage"
    files = [file for each in LIVED for file in sorted((stages / each).glob("*-*.yaml"))]
    (folder / STAGES).write_text("\n---\n".join(file.read_text() for file in files))


async def _sources(pins: str, module: str) -> Path:
    return Path(await step(GO / pins, go(), "list", "-m", "-f", "{{.Dir}}", module))
