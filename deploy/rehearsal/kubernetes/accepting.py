"""From nothing to workers that are ready, by the commands of the page."""

from __future__ import annotations

import json
import shutil
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deploy.rehearsal.kubernetes.control_plane import NODES, ZONES
from deploy.rehearsal.kubernetes.fleet import FALLBACK, LEAST, SPACE, Fleet
from deploy.rehearsal.kubernetes.keda import start_keda
from deploy.rehearsal.kubernetes.pods import PodProcess, working
from deploy.rehearsal.kubernetes.typing_in import KEYRING, SECTION, SERVER, block, typed
from deploy.rehearsal.processes import Failed, tail, until
from deploy.rehearsal.report import Step
from deploy.rehearsal.settling import settled
from integrations.settings import ROOT

KEYRING_PATH, ENCRYPTED = "/run/secrets/keyring", b"binary/encrypted"
VOLUMES = (("ReadWriteMany", "20Gi"), ("ReadWriteOnce", "1Gi"), ("ReadWriteOnce", "1Gi"))
"""What a storage class would make of the claims."""


async def control_plane(fleet: Fleet, step: Step) -> None:
    """The parts of a cluster."""
    await fleet.plane.start()
    await fleet.plane.take(*(_volume(number, *each) for number, each in enumerate(VOLUMES)))
    step.saw(f"{len(NODES)} made up nodes in {len(ZONES)} zones are ready")


async def keda(fleet: Fleet, step: Step) -> None:
    """KEDA beside it."""
    await fleet.entrance.open()
    await start_keda(fleet.plane)
    step.saw("its figures are served to the autoscaler")


async def what_the_page_says(fleet: Fleet, step: Step) -> None:
    """Namespace, settings, secrets and the overlay of production, as the page has it, and the overlay twice."""
    _lay_out(fleet)
    fleet.write_manifests()
    *before, apply = block(SECTION).splitlines(keepends=True)
    said = await typed(fleet, "".join(before) + block(SECTION, SERVER) + apply)
    step.saw(f"{_made(said)} objects are taken without a warning, where pods are held to `restricted`")
    await typed(fleet, apply)
    if differing := await typed(fleet, apply.replace(" apply ", " diff ")):
        raise Failed(f"what was applied twice is not what is there: {differing}")
    step.saw("applied again, nothing differs")


async def slips(fleet: Fleet, step: Step) -> None:
    """What this cluster would not take: a word that nobody knows, and pods with rights."""
    [deployment] = await fleet.plane.found("deployments", "--namespace", SPACE)
    template = deployment["spec"]["template"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "slip", "namespace": SPACE},
        "spec": template["spec"],
    }
    root = {**pod, "spec": {**template["spec"], "securityContext": {"runAsUser": 0}}}
    misspelled = {**pod, "spec": {**template["spec"], "terminationGracePeriod": 130}}
    for wrong, said in ((root, "violates PodSecurity"), (misspelled, "unknown field")):
        words = ("create", "--filename", "-", "--dry-run=server", "--validate=strict")
        answer = await fleet.plane.kubectl(*words, given=json.dumps(wrong))
        if not answer.code or said not in answer.err:
            raise Failed(f"a pod that should be refused ({said}) is not: {answer.out or answer.err}")
    step.saw("one with the worker's template is refused as root, and with a misspelled field")


async def first_pods(fleet: Fleet, step: Step) -> None:
    """As many as the fallback says, in both zones, with what they need and no more."""
    await fleet.grown(FALLBACK, FALLBACK)
    workers = await fleet.ready()
    zones = {NODES[each["spec"]["nodeName"]] for each in workers}
    if len(zones) != len(ZONES):
        raise Failed(f"all workers are in zone {zones}")
    for pod in workers:
        if any("projected" in volume for volume in pod["spec"]["volumes"]):
            raise Failed(f"{pod['metadata']['name']} is handed a token for the Kubernetes API")
    claims = await fleet.plane.found("persistentvolumeclaims", "--namespace", SPACE)
    unbound = [each["metadata"]["name"] for each in claims if each["status"].get("phase") != "Bound"]
    if unbound:
        raise Failed(f"no volume is bound for {', '.join(unbound)}")
    step.saw(f"{len(workers)}, as the fallback says while the server does not know their version, in both zones")
    step.saw("their volumes are bound, and none has a token for the Kubernetes API")


async def jobs(fleet: Fleet, step: Step) -> None:
    """What runs by the clock, at once: in the cluster, and its command beside it."""
    for cron in await fleet.plane.found("cronjobs", "--namespace", SPACE):
        name, here = cron["metadata"]["name"], ("--namespace", SPACE)
        await fleet.plane.done("create", "job", *here, f"--from=cronjob/{name}", f"{name}-now")
        await fleet.plane.done("wait", *here, "--for=condition=Complete", f"job/{name}-now", "--timeout=60s")
        ran = PodProcess(fleet.plane, cron["spec"]["jobTemplate"]["spec"]["template"], fleet.ground.folder)
        await ran.start(name)
        await ran.done()
        said = tail(ran.program.log, 1).removeprefix(str(fleet.ground.folder))
        step.saw(f"{name} is let in; its command ends with: {said}")


async def encryption(fleet: Fleet, step: Step) -> None:
    """The component that encrypts payloads, with a keyring made as the page says."""
    fleet.encrypt()
    await typed(fleet, block(SECTION, KEYRING) + block(SECTION).splitlines()[-1])
    await until(lambda: _one_reads(fleet), "the codec server is ready")
    await until(lambda: _all_have_it(fleet), "workers have the keyring")
    shutil.copy(fleet.folder / "keyring", fleet.ground.keyring)
    await fleet.processes["B"].stop()
    await working(fleet, "B")
    [reading] = await fleet.ready(component="codec-server")
    codec = PodProcess(fleet.plane, reading, fleet.ground.folder)
    await codec.start("codec-server")
    fleet.ground.workers["codec-server"] = codec.program
    await codec.ready()
    case = await fleet.cases.invoice(await fleet.operator(), "02")
    ended, who = await settled(fleet, case)
    if ended != "posted":
        raise Failed(f"the case ends as {ended}")
    begun = (await case.fetch_history()).events[0].workflow_execution_started_event_attributes
    if begun.input.payloads[0].metadata["encoding"] != ENCRYPTED:
        raise Failed("its input is not encrypted")
    step.saw("workers in the others' place have the keyring; their command runs with it, as does the codec server's")
    step.saw(f"a case that the server cannot read is posted, by {who}")


async def _all_have_it(fleet: Fleet) -> bool:
    mounts = [pod["spec"]["containers"][0]["volumeMounts"] for pod in await fleet.ready()]
    return len(mounts) == LEAST and all(KEYRING_PATH in {each["mountPath"] for each in every} for every in mounts)


async def staging(fleet: Fleet, step: Step) -> None:
    """The other overlay, beside it, in a namespace of its own."""
    space = f"{SPACE}-staging"
    commands = block(SECTION).replace("production", "staging").replace(f" {SPACE}\n", f" {space}\n")
    said = await typed(fleet, commands.replace(f"namespace {SPACE} ", f"namespace {space} "))
    step.saw(f"{_made(said)} objects are taken without a warning")


def _made(said: str) -> int:
    return sum(line.endswith(" created") for line in said.splitlines())


async def _one_reads(fleet: Fleet) -> bool:
    return len(await fleet.ready(component="codec-server")) == 1


def _lay_out(fleet: Fleet) -> None:
    """The files that the page's commands read."""
    fleet.folder.mkdir()
    claims = fleet.ground.folder / "claims"
    claims.mkdir()
    (claims / "signalbox-documents").symlink_to(fleet.ground.home)
    shutil.copytree(ROOT / "policies", fleet.folder / "policies")
    for name, content in (
        ("signalbox_store", fleet.ground.database.url("signalbox")),
        ("signalbox_database", fleet.ground.database.url("books")),
        ("signalbox_model_key", ""),
    ):
        (fleet.folder / name).write_text(content)
    shutil.copy(fleet.ground.folder / "services.pem", fleet.folder / "service.key")
    signing = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (fleet.folder / "ledger.pem").write_bytes(signing)


def _volume(number: int, mode: str, size: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"volume-{number}"},
        "spec": {"accessModes": [mode], "capacity": {"storage": size}, "hostPath": {"path": f"/volumes/{number}"}},
    }
