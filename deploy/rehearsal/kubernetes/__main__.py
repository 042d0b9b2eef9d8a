"""`make kubernetes-rehearsal`: a control plane beside a Temporal server, and what happens to our manifests on it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from deploy.rehearsal import starting
from deploy.rehearsal.cases import Cases
from deploy.rehearsal.kubernetes import accepting, scaling
from deploy.rehearsal.kubernetes.building import ETCD, KEDA, KUBERNETES, KWOK, tools
from deploy.rehearsal.kubernetes.control_plane import ControlPlane
from deploy.rehearsal.kubernetes.entrance import Entrance
from deploy.rehearsal.kubernetes.fleet import Fleet
from deploy.rehearsal.playing import CACHE, Steps, ended, play, rehearsed, told, workplace
from deploy.rehearsal.preparing import prepared
from deploy.rehearsal.report import Report
from deploy.rehearsal.toolchain import TEMPORAL, Tools, built_temporal

TITLE = "A rehearsal on Kubernetes"
ABOUT = (
    "`make kubernetes-rehearsal` wrote this page. API server, controllers, scheduler, KEDA and a Temporal server that",
    "asks for tokens are real; [the manifests](../deploy/kubernetes) are handed in with the commands of [the",
    "page](how-to/run-in-a-cluster.md#on-kubernetes). Nodes are made up: KWOK says that a pod is ready, and starts",
    "nothing, so no image is pulled and no network policy enforced. Beside the cluster one process of each kind does",
    "run: a pod's command, with the settings, secrets and mounts that its manifest gives it, its probes asked. The",
    "overlay says where the server is, behind TLS, and lets KEDA look every two seconds and wait five before a worker",
    "is taken away.",
)
STEPS: Steps[Fleet] = (
    ("PostgreSQL and the schema job", starting.schema),
    ("the Temporal server in five roles", starting.roles),
    ("the namespace job", starting.namespace),
    ("the control plane", accepting.control_plane),
    ("the autoscaler", accepting.keda),
    ("the page's commands", accepting.what_the_page_says),
    ("slips are refused", accepting.slips),
    ("the first pods", accepting.first_pods),
    ("a worker works", scaling.a_worker),
    ("a node is emptied", scaling.node_emptied),
    ("work waits", scaling.work_waits),
    ("the server is away", scaling.server_away),
    ("work is done", scaling.work_is_done),
    ("jobs of the clock", accepting.jobs),
    ("the scaler's token counts no more", scaling.scaler_refused),
    ("a second version", scaling.second_version),
    ("the first version leaves", scaling.first_version_leaves),
    ("payloads are encrypted", accepting.encryption),
    ("staging beside it", accepting.staging),
)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def rehearse(
    report: Annotated[Path | None, typer.Option(help="Where the report is written, beside the terminal.")] = None,
    cache: Annotated[Path, typer.Option(help="Where built servers are kept.")] = CACHE,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the folder with all logs where it is.")] = False,
) -> None:
    """Rehearse deploy/kubernetes on this machine, without containers; exit code 1 where a step fails."""
    rehearsed(_rehearse(report, cache.expanduser().resolve(), keep=keep))


async def _rehearse(report: Path | None, cache: Path, *, keep: bool) -> int:
    built = Tools(await built_temporal(cache, told), None, None, None, ())
    programs = await tools(cache, told)
    made = Report(TITLE, ABOUT, _versions())
    async with workplace(keep=keep) as folder, prepared(folder, built, "HEAD") as ground, AsyncExitStack() as ending:
        plane = ControlPlane(folder, programs)
        entrance = Entrance(plane.authority, ground.cluster.address)
        ending.push_async_callback(plane.stop)
        ending.push_async_callback(entrance.close)
        await play(STEPS, Fleet(ground, Cases(folder), plane=plane, entrance=entrance), made)
    return made.published(report)


def _versions() -> dict[str, str]:
    return {
        "Kubernetes (API server, controllers, scheduler)": KUBERNETES,
        "etcd": ETCD,
        "KWOK": KWOK,
        "KEDA": KEDA,
        "Temporal server": TEMPORAL,
        "temporalio (workers)": version("temporalio"),
    }


if __name__ == "__main__":
    ended(app)
