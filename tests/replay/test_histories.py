"""Cases recorded before replay on today's workflows, and so do cases of today."""

import re
from pathlib import Path

import pytest
import typer
from temporalio import workflow
from temporalio.client import Client

from tests.process.conftest import client
from tests.replay import record
from tests.replay.histories import FOLDER, load, replayer, stored
from tests.replay.record import decoded
from tests.replay.scenes import SCENES, played

__all__ = ["client"]
SMALL = 80_000
"""Characters of a history with its payloads written out beside it."""


@pytest.mark.parametrize("file", stored(), ids=lambda file: file.stem)
async def test_a_stored_history_replays(file: Path) -> None:
    await replayer().replay_workflow(load(file))


def test_every_scene_is_stored_small_and_tells_nothing_of_a_machine() -> None:
    assert {file.name.split(".")[0] for file in stored()} >= SCENES.keys()
    for file in stored():
        said = file.read_text() + "".join(decoded(file.read_text()))
        assert len(said) < SMALL, file.name
        assert not re.search(r"/(tmp|home|root|usr|Users)/|\w\.py\b", said), file.name


async def test_a_history_that_went_another_way_than_the_workflow_goes_is_caught(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text((FOLDER / "clean-ubl.case.json").read_text().replace('"name":"post_bill"', '"name":"void_bill"'))
    with pytest.raises(workflow.NondeterminismError):
        await replayer().replay_workflow(load(other))


@pytest.mark.parametrize(
    "name",
    [
        *("clean-ubl", "approved", "rejected", "voided", "model-fails", "amended", "bank-changed"),
        *("ticket-asked-back", "ticket-closed-meanwhile", "refund-declined"),
    ],
)
async def test_a_case_of_today_replays(client: Client, tmp_path: Path, name: str) -> None:
    async for _part, handle in played(client, tmp_path / name, name):
        await replayer().replay_workflow(await handle.fetch_history())


async def test_the_history_of_a_real_case_is_kept_once_it_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    await record.keep("seen-in-production", FOLDER / "clean-ubl.case.json")
    await replayer().replay_workflow(load(tmp_path / "seen-in-production.case.json"))
    broken = tmp_path / "broken.json"
    broken.write_text((FOLDER / "clean-ubl.case.json").read_text().replace('"name":"post_bill"', '"name":"void_bill"'))
    with pytest.raises(workflow.NondeterminismError):
        await record.keep("never", broken)
    broken.write_text("[]")
    with pytest.raises(typer.BadParameter, match="is no exported history"):
        await record.keep("never", broken)
    assert not (tmp_path / "never.case.json").exists()
