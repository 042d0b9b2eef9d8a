"""What a pod's container would run, run here: its settings, its files and its command, without image and isolation."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession

from deploy.rehearsal.kubernetes.control_plane import ControlPlane
from deploy.rehearsal.kubernetes.fleet import SPACE, Fleet
from deploy.rehearsal.processes import Failed, Program, free_ports, until
from integrations.settings import ROOT

VERSION = "signalbox/version"
"""The label that says which build a worker is; the image says it to its process."""
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what containers listen on


class PodProcess:
    """The process of a pod's one container; every path that it is told leads into a folder of its own."""

    def __init__(self, plane: ControlPlane, pod: Mapping[str, Any], folder: Path) -> None:
        """`pod` is a template or a pod; what claims keep is in `folder` and outlives the process."""
        self._plane, self._folder = plane, folder
        self._spec, self._labels = pod["spec"], pod["metadata"].get("labels", {})
        [self._container] = self._spec["containers"]
        self.port = free_ports(1)[0]
        self._started: Program | None = None

    @property
    def program(self) -> Program:
        """The process; raise `Failed` where it was never started."""
        if self._started is None:
            raise Failed("a pod's process was never started")
        return self._started

    async def start(self, name: str) -> None:
        """Lay its files out and start it."""
        root = self._folder / "pods" / name
        paths = {mount["mountPath"]: await self._mounted(mount, root) for mount in self._container["volumeMounts"]}
        told = {**_image(), **await self._settings()}
        environ = {key: self._here(value, paths) for key, value in told.items()}
        if version := self._labels.get(VERSION):
            environ["SIGNALBOX_BUILD_ID"] = version
        words = [self._here(word, paths) for word in self._container.get("args", _command())]
        command = [sys.executable if word == "python" else _ours(word) for word in words]
        self._started = Program(name, command, environ, self._folder / f"{name}.log")
        await self.program.start()

    async def ready(self) -> None:
        """Wait until each of its probes is answered as the kubelet wants it."""
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            path = self._container[probe]["httpGet"]["path"]
            await until(lambda path=path: self._answers(path), f"{probe} of {self.program.name}", 60)

    async def done(self) -> None:
        """Wait until a job has ended well."""
        if code := await self.program.wait(120):
            said = self.program.log.read_text()[-600:]
            raise Failed(f"{self.program.name} ends with exit code {code}: {said}")

    async def stop(self) -> None:
        """Tell it to end; raise `Failed` where it does not within its grace."""
        grace = self._spec.get("terminationGracePeriodSeconds", 30)
        if code := await self.program.stop(grace):
            raise Failed(f"{self.program.name} ends with exit code {code}")

    async def _answers(self, path: str) -> bool:
        self.program.check()
        try:
            async with ClientSession() as asking, asking.get(f"http://127.0.0.1:{self.port}{path}") as answer:
                return 200 <= answer.status < 400  # noqa: PLR2004 - what the kubelet takes for an answer
        except ClientError:
            return False

    async def _settings(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for source in self._container.get("envFrom", ()):
            found |= (await self._read("configmap", source["configMapRef"]["name"]))["data"]
        return found | {each["name"]: each["value"] for each in self._container.get("env", ())}

    async def _mounted(self, mount: Mapping[str, Any], root: Path) -> Path:
        """Where the files of a mount are here."""
        [volume] = [each for each in self._spec["volumes"] if each["name"] == mount["name"]]
        if "persistentVolumeClaim" in volume:
            place = self._folder / "claims" / volume["persistentVolumeClaim"]["claimName"]
        else:
            place = root / mount["mountPath"].lstrip("/")
        place.mkdir(parents=True, exist_ok=True)
        for name, content in (await self._files(volume)).items():
            (place / name).write_bytes(content)
            (place / name).chmod(0o400)  # of root and its group in a container, where the process is another
        return place

    async def _files(self, volume: Mapping[str, Any]) -> dict[str, bytes]:
        if "configMap" in volume:
            found = (await self._read("configmap", volume["configMap"]["name"]))["data"]
            return {name: text.encode() for name, text in found.items()}
        if "secret" in volume:
            kept = (await self._read("secret", volume["secret"]["secretName"]))["data"]
            chosen = volume["secret"].get("items") or [{"key": key, "path": key} for key in kept]
            return {each["path"]: base64.b64decode(kept[each["key"]]) for each in chosen}
        return {}

    async def _read(self, kind: str, name: str) -> Mapping[str, Any]:
        return json.loads(await self._plane.done("get", kind, name, "--namespace", SPACE, "--output", "json"))

    def _here(self, value: str, paths: Mapping[str, Path]) -> str:
        """A word that a container is told, as it is on this machine."""
        if value.startswith(str(self._folder)):
            return value
        for path in sorted(paths, key=len, reverse=True):
            if value == path or value.startswith(f"{path}/"):
                return str(paths[path]) + value.removeprefix(path)
        for listening in self._container.get("ports", ()):
            port = str(listening["containerPort"])
            value = {port: str(self.port), f"{EVERYWHERE}:{port}": f"127.0.0.1:{self.port}"}.get(value, value)
        return "127.0.0.1" if value == EVERYWHERE else value


async def working(fleet: Fleet, version: str) -> None:
    """Let the command of one of a version's pods run, and wait for its probes."""
    pod = (await fleet.ready(fleet.build(version)))[0]
    made = fleet.processes[version] = PodProcess(fleet.plane, pod, fleet.ground.folder)
    await made.start(f"pod-{version}-{pod['metadata']['name'][-5:]}")
    fleet.ground.workers[version] = made.program
    await made.ready()


def _ours(word: str) -> str:
    return str(ROOT / word) if word.endswith(".py") else word


def _command() -> list[str]:
    """What the image runs where nothing else is said."""
    return json.loads(re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[-1])


def _image() -> dict[str, str]:
    """The settings that the image has by itself, but for its build id."""
    said = (ROOT / "Dockerfile").read_text()
    return dict(re.findall(r"^[ A-Z]*(SIGNALBOX_(?:HOME|OPS_ADDRESS))=(\S+)", said, re.MULTILINE))
