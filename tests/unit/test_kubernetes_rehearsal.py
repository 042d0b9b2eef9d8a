"""The parts of the rehearsal on Kubernetes that need no cluster; what needs one is `make kubernetes-rehearsal`."""

import asyncio
import json
import ssl
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.rehearsal.kubernetes import typing_in
from deploy.rehearsal.kubernetes.certificates import Authority
from deploy.rehearsal.kubernetes.entrance import Entrance
from deploy.rehearsal.kubernetes.fleet import FALLBACK, LEAST, MOST
from deploy.rehearsal.kubernetes.pods import PodProcess
from deploy.rehearsal.processes import Failed, tail
from integrations.settings import ROOT


def test_the_page_has_the_commands_that_are_typed() -> None:
    commands = typing_in.block(typing_in.SECTION)
    assert commands.splitlines()[-1] == "kubectl apply --kustomize deploy/kubernetes/overlays/production"
    assert "signalbox-server" in typing_in.block(typing_in.SECTION, typing_in.SERVER).splitlines()[-1]
    assert "signalbox-keyring" in typing_in.block(typing_in.SECTION, typing_in.KEYRING).splitlines()[-1]
    assert " delete --kustomize " in typing_in.block("Upgrade and roll back")


def test_it_expects_what_the_autoscaler_is_told() -> None:
    spec = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "worker" / "scaling.yaml").read_text())["spec"]
    assert (spec["minReplicaCount"], spec["fallback"]["replicas"], spec["maxReplicaCount"]) == (LEAST, FALLBACK, MOST)


class Kept:
    """What the API server has."""

    def __init__(self, **kept: dict[str, str]) -> None:
        self.kept = kept

    async def done(self, *words: str) -> str:
        return json.dumps({"data": self.kept[words[2]]})


def pod(args: list[str], **container: Any) -> dict[str, Any]:
    """A pod whose process says what it was told."""
    mounts = [
        {"name": "secrets", "mountPath": "/run/secrets"},
        {"name": "token", "mountPath": "/var/lib/kept/server"},
        {"name": "kept", "mountPath": "/var/lib/kept"},
        {"name": "tmp", "mountPath": "/tmp"},
    ]
    volumes = [
        {"name": "secrets", "secret": {"secretName": "secrets"}},
        {"name": "token", "secret": {"secretName": "tokens", "items": [{"key": "mine", "path": "token"}]}},
        {"name": "kept", "persistentVolumeClaim": {"claimName": "kept"}},
        {"name": "tmp", "emptyDir": {}},
    ]
    told = {"envFrom": [{"configMapRef": {"name": "settings"}}], "args": args, "volumeMounts": mounts, **container}
    return {"metadata": {"labels": {"signalbox/version": "A-1"}}, "spec": {"containers": [told], "volumes": volumes}}


SAYING = """
import os, sys
from pathlib import Path
print(Path(os.environ["TOKEN"]).read_text(), Path(os.environ["SECRETS"], "password").read_text(), end=" ")
print(sorted(each.name for each in Path(os.environ["TOKEN"]).parent.iterdir()), end=" ")
print(os.environ["LISTEN"], sys.argv[1:], os.environ["SIGNALBOX_BUILD_ID"], os.environ["OTHER"])
Path(sys.argv[-1], "statement").write_text("kept")
"""


async def test_a_pod_s_command_finds_what_it_mounts_and_nothing_else(tmp_path: Path) -> None:
    settings = {
        "TOKEN": "/var/lib/kept/server/token",
        "SECRETS": "/run/secrets",
        "LISTEN": "0.0.0.0:9464",
        "OTHER": "/run/secretsuite",
    }
    tokens = {"mine": "bWluZQ==", "another's": "bm8="}
    plane: Any = Kept(settings=settings, secrets={"password": "c2VzYW1l"}, tokens=tokens)
    words = ["python", "-c", SAYING, "--host", "0.0.0.0", "--port", "9464", "/var/lib/kept"]
    made = PodProcess(plane, pod(words, ports=[{"containerPort": 9464}]), tmp_path)
    with pytest.raises(Failed, match="never started"):
        await made.stop()
    await made.start("said")
    await made.done()
    kept = tmp_path / "claims" / "kept"
    assert (kept / "statement").read_text() == "kept"
    arguments = ["--host", "127.0.0.1", "--port", str(made.port), str(kept)]
    said = f"mine sesame ['token'] 127.0.0.1:{made.port} {arguments} A-1 /run/secretsuite"
    assert tail(made.program.log, 1) == said[:300]


async def test_a_pod_s_command_that_fails_fails_the_step(tmp_path: Path) -> None:
    plane: Any = Kept(settings={}, secrets={}, tokens={"mine": ""})
    failing = PodProcess(plane, pod(["python", "-c", "raise SystemExit('not today')"]), tmp_path)
    await failing.start("failing")
    with pytest.raises(Failed, match="exit code 1: not today"):
        await failing.done()


async def test_the_entrance_leads_to_the_frontend_over_tls_and_nowhere_while_it_is_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        writer.close()

    frontend = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = frontend.sockets[0].getsockname()
    authority = Authority(tmp_path)
    entrance = Entrance(authority, f"{host}:{port}")
    await entrance.open()
    trusting = ssl.create_default_context(cafile=str(tmp_path / "entrance" / "ca.crt"))

    async def said() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", entrance.port, ssl=trusting)
        writer.write(b"open\n")
        found = await reader.read()
        writer.close()
        return found

    assert await said() == b"OPEN\n"
    frontend.close()
    await frontend.wait_closed()
    assert await said() == b""
    assert caplog.records == [], "that it is away is no error"
    stranger = ssl.create_default_context()
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection("127.0.0.1", entrance.port, ssl=stranger)
    await entrance.close()
