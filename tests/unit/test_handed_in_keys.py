"""A key that a platform hands in: root's, and readable by the group of a process that is not."""

import os
from pathlib import Path

import pytest

from integrations.keys import BadKey, new_key, secret_content

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand in a file of root's")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    new_key(tmp_path / "key", None)
    return tmp_path / "key"


def test_its_group_may_read_it(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 10_001)
    key.chmod(0o440)
    assert secret_content(key).startswith(b"-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize("mode", [0o444, 0o460])
def test_nobody_else_may_use_it(key: Path, mode: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 10_001)
    key.chmod(mode)
    with pytest.raises(BadKey, match="others than its owner"):
        secret_content(key)


@pytest.mark.parametrize(("owner", "process"), [(10_001, 10_001), (0, 0)])
def test_a_key_of_ones_own_is_ones_own_alone(
    key: Path, owner: int, process: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: process)
    os.chown(key, owner, 10_001)
    key.chmod(0o440)
    with pytest.raises(BadKey, match="others than its owner"):
        secret_content(key)
