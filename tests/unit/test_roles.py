"""What a worker does, and what its build is called."""

import subprocess
from pathlib import Path

import pytest
from pydantic import ValidationError
from temporalio.common import VersioningBehavior

import worker
from integrations import build
from integrations.build import build_id
from integrations.settings import Settings, setting_wrong
from workflows.options import queue_of
from workflows.performed import PERFORMED_BY
from workflows.routing import ROUTES


def test_roles_are_read_in_any_order_and_none_is_made_up() -> None:
    assert Settings(roles=" reasoning,workflows ").played == ("workflows", "reasoning")
    assert Settings().played == ("workflows", "effects", "reasoning")
    with pytest.raises(ValidationError) as wrong:
        Settings(roles="workflow")
    assert setting_wrong(wrong.value).startswith("SIGNALBOX_ROLES is 'workflow': Value error, write some of")


def test_queues_are_named_after_the_one_that_cases_start_on() -> None:
    assert queue_of("signalbox", "workflows") == "signalbox"
    assert queue_of("signalbox", "reasoning") == "signalbox-reasoning"


def test_every_effect_has_a_role_and_nothing_else_has_that_one() -> None:
    effects = {method.__name__ for method in PERFORMED_BY.values()}
    assert {name for name, role in ROUTES.items() if role == "effects"} == effects | {"notify"}


def test_every_workflow_says_how_its_version_is_chosen() -> None:
    said = {getattr(one, "__temporal_workflow_definition").versioning_behavior for one in worker.WORKFLOWS}
    assert said == {VersioningBehavior.PINNED, VersioningBehavior.AUTO_UPGRADE}


def test_a_build_is_called_what_the_setting_says_else_version_and_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert build_id(Settings(build_id="2.0-rc")) == "2.0-rc"
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    monkeypatch.setattr(build, "ROOT", tmp_path)
    assert build_id(Settings()) == "1.2.3"
    git = ("git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.com")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "first")):
        subprocess.run([*git, *words], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout
    assert build_id(Settings()) == f"1.2.3-{commit[:10]}"
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.4"\n')
    assert build_id(Settings()) == f"1.2.4-{commit[:10]}-changed"
