"""A server of one's own that speaks S3, and a bucket there."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator

import pytest

LOCAL = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-central-1",
    "AWS_ALLOW_HTTP": "true",
}


@pytest.fixture(scope="module")
def s3() -> Generator[str]:
    """A server of its own that speaks S3, with one bucket; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                asked = urllib.request.Request(f"http://127.0.0.1:{port}/payloads", method="PUT")
                urllib.request.urlopen(asked, timeout=5).close()
                break
            except OSError:
                if process.poll() is not None:
                    break
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where payloads go."""
    for name, value in {**LOCAL, "AWS_ENDPOINT_URL": s3}.items():
        monkeypatch.setenv(name, value)
    return "s3://payloads/of/tests"
