"""What holds for everything in deploy/kubernetes, as complaints: none where it does."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from tests.deploy.tools import LONGEST

Manifests = Sequence[dict[str, Any]]
DRAIN = "SIGNALBOX_DRAIN_SECONDS"


def of_kind(manifests: Manifests, kind: str) -> list[dict[str, Any]]:
    """All manifests of one kind."""
    return [each for each in manifests if each["kind"] == kind]


def pods(manifests: Manifests) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each template of pods, with the name of what makes them."""
    for each in manifests:
        spec = each.get("spec", {})
        template = spec.get("template") or spec.get("jobTemplate", {}).get("spec", {}).get("template")
        if template and "spec" in template:
            yield each["metadata"]["name"], template


def privileged(manifests: Manifests) -> Iterator[str]:
    """No root, no rights, nothing to write on, nothing to ask the API with."""
    for name, template in pods(manifests):
        pod = template["spec"]
        outer = pod.get("securityContext", {})
        if not outer.get("runAsNonRoot") or not outer.get("runAsUser"):
            yield f"{name}: it may run as root"
        if outer.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{name}: any system call is allowed"
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{name}: it is handed a token for the Kubernetes API"
        if any(pod.get(shared) for shared in ("hostNetwork", "hostPID", "hostIPC")):
            yield f"{name}: it shares what is the node's"
        yield from (f"{name}: {said}" for each in _containers(pod) for said in _unsafe(each))


def _containers(pod: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return chain(pod["containers"], pod.get("initContainers", ()))


def _unsafe(container: dict[str, Any]) -> Iterator[str]:
    name, inner, asked = container["name"], container.get("securityContext", {}), container.get("resources", {})
    if inner.get("allowPrivilegeEscalation") is not False or inner.get("capabilities") != {"drop": ["ALL"]}:
        yield f"{name} may gain privileges"
    if not inner.get("readOnlyRootFilesystem"):
        yield f"{name} can write its root file system"
    if not {"cpu", "memory"} <= set(asked.get("requests", ())):
        yield f"{name} asks for no resources"
    if "memory" not in asked.get("limits", ()):
        yield f"{name} may take all memory"


def unprobed(manifests: Manifests) -> Iterator[str]:
    """Whatever stays up has three probes."""
    for deployment in of_kind(manifests, "Deployment"):
        for container in deployment["spec"]["template"]["spec"]["containers"]:
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                if probe not in container:
                    yield f"{deployment['metadata']['name']}: {container['name']} has no {probe}"


def hasty(manifests: Manifests) -> Iterator[str]:
    """Activities end before a worker stops waiting for them, and it before its pod is killed."""
    drain = max((float(each["data"].get(DRAIN, 20)) for each in of_kind(manifests, "ConfigMap")), default=20.0)
    if drain <= LONGEST:
        yield f"{DRAIN} is {drain:.0f}, and an activity may take {LONGEST:.0f} s"
    for name, template in pods(manifests):
        grace = template["spec"].get("terminationGracePeriodSeconds", 30)
        if template["metadata"]["labels"].get("app.kubernetes.io/component") == "worker" and grace <= drain:
            yield f"{name}: it is killed after {grace} s, before it has drained"


def dangling(manifests: Manifests) -> Iterator[str]:
    """What is named exists: config maps, claims and accounts here, and labels that select pods."""
    made = {(each["kind"], each["metadata"]["name"]) for each in manifests}
    labels = [template["metadata"]["labels"] for _, template in pods(manifests)]
    for name, template in pods(manifests):
        pod = template["spec"]
        named = [("ServiceAccount", pod.get("serviceAccountName", "default"))]
        for container in pod["containers"]:
            named += [("ConfigMap", each["configMapRef"]["name"]) for each in container.get("envFrom", ())]
        for volume in pod.get("volumes", ()):
            if claim := volume.get("persistentVolumeClaim"):
                named.append(("PersistentVolumeClaim", claim["claimName"]))
        yield from (f"{name}: there is no {kind} {what}" for kind, what in named if (kind, what) not in made)
    for each in manifests:
        spec = each.get("spec", {})
        chosen = spec.get("podSelector") or spec.get("selector") or {}
        wanted = chosen.get("matchLabels", chosen)
        if each["kind"] in {"NetworkPolicy", "PodDisruptionBudget", "Service", "Deployment"} and not any(
            wanted.items() <= has.items() for has in labels
        ):
            yield f"{each['metadata']['name']}: no pod has the labels that this {each['kind']} selects"


def unguarded(manifests: Manifests) -> Iterator[str]:
    """A network policy stands over every pod."""
    selectors = [each["spec"]["podSelector"]["matchLabels"] for each in of_kind(manifests, "NetworkPolicy")]
    for name, template in pods(manifests):
        if not any(chosen.items() <= template["metadata"]["labels"].items() for chosen in selectors):
            yield f"{name}: no network policy stands over its pods"


def unmatched(manifests: Manifests) -> Iterator[str]:
    """Image, label and autoscaler mean the same version of the same deployment."""
    workers = {
        each["metadata"]["name"]: each
        for each in of_kind(manifests, "Deployment")
        if each["metadata"]["labels"].get("app.kubernetes.io/component") == "worker"
    }
    scaled = {each["spec"]["scaleTargetRef"]["name"]: each for each in of_kind(manifests, "ScaledObject")}
    for name in sorted(set(workers) ^ set(scaled)):
        yield f"{name}: it is a worker that nothing scales, or is scaled and is no worker"
    for name in sorted(set(workers) & set(scaled)):
        version = workers[name]["metadata"]["labels"].get("signalbox/version")
        images = [each["image"] for each in workers[name]["spec"]["template"]["spec"]["containers"]]
        counted = [each["metadata"]["workerDeploymentBuildId"] for each in scaled[name]["spec"]["triggers"]]
        if {*counted, *(image.rpartition(":")[2] for image in images)} != {version}:
            yield f"{name}: its version is {version}, its image {images}, and {counted} is what is counted"
        if "replicas" in workers[name]["spec"]:
            yield f"{name}: each rollout would undo what the autoscaler chose"


def secret_values(manifests: Manifests) -> Iterator[str]:
    """Secrets are named here, and made elsewhere."""
    for each in of_kind(manifests, "Secret"):
        yield f"{each['metadata']['name']}: a Secret with its values"
    for each in of_kind(manifests, "ConfigMap"):
        for key, value in each["data"].items():
            if "@" in value or any(word in key for word in ("PASSWORD", "MODEL_KEY", "API_KEY", "SMTP_URL", "WEBHOOK")):
                yield f"{each['metadata']['name']}: {key} belongs into a Secret"


RULES = (privileged, unprobed, hasty, dangling, unguarded, unmatched, secret_values)
