"""Cases recorded before replay on today's workflows, and so do cases of today."""

import re
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import Client

from tests.process.conftest import client
from tests.replay.histories import FOLDER, load, replayer, stored
from tests.replay.record import SCENES, decoded, played

__all__ = ["client"]
SMALL = 70_000
"""Characters of a history with its payloads written out beside it."""


@pytest.mark.parametrize("file", stored(), ids=lambda file: file.stem)
async def test_a_stored_history_replays(file: Path) -> None:
    await replayer().replay_workflow(load(file))


def test_every_scene_is_stored_small_and_tells_nothing_of_a_machine() -> None:
    assert {file.name.split(".")[0] for file in stored()} == SCENES.keys()
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
    "name", ["clean-ubl", "approved", "rejected", "voided", "model-fails", "amended", "bank-changed"]
)
async def test_a_case_of_today_replays(client: Client, tmp_path: Path, name: str) -> None:
    async for _part, handle in played(client, tmp_path / name, name):
        await replayer().replay_workflow(await handle.fetch_history())
