from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

import starter
from integrations.secret_files import BadSecrets
from integrations.settings import Settings, setting_wrong


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of secrets, as a container is given one."""
    for name in ("SIGNALBOX_STORE", "SIGNALBOX_MODEL_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIGNALBOX_SECRETS", str(tmp_path))
    return tmp_path


def test_a_file_named_like_a_setting_sets_it(folder: Path) -> None:
    (folder / "signalbox_store").write_text("postgresql://signalbox:secret@db/signalbox\n")
    (folder / "OPENAI_API_KEY").write_text("sk-1")
    (folder / "somebody_elses").write_text("x")
    settings = Settings()
    assert settings.store_url == "postgresql://signalbox:secret@db/signalbox"
    assert settings.model_key is not None
    assert settings.model_key.get_secret_value() == "sk-1"


def test_the_environment_goes_before(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "signalbox_store").write_text("sqlite:///from-the-file.db")
    monkeypatch.setenv("SIGNALBOX_STORE", "sqlite:///from-the-environment.db")
    assert Settings().store == "sqlite:///from-the-environment.db"


def test_an_empty_file_is_no_model(folder: Path) -> None:
    (folder / "signalbox_model_key").write_text("")
    assert Settings(model_url="").chat_url is None


def test_links_as_kubernetes_makes_them_are_followed(folder: Path) -> None:
    version = folder / "..2026_11_30"
    version.mkdir()
    (version / "signalbox_store").write_text("sqlite:///linked.db")
    (folder / "..data").symlink_to(version.name)
    (folder / "signalbox_store").symlink_to("..data/signalbox_store")
    assert Settings().store == "sqlite:///linked.db"


def test_a_wrong_value_is_named_like_any_other(folder: Path) -> None:
    (folder / "signalbox_drain_seconds").write_text("soon")
    with pytest.raises(ValidationError) as wrong:
        Settings()
    assert "SIGNALBOX_DRAIN_SECONDS is 'soon'" in setting_wrong(wrong.value)


def test_a_folder_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SIGNALBOX_SECRETS", str(tmp_path / "nowhere"))
    with pytest.raises(BadSecrets, match="is no folder"):
        Settings()
    said = CliRunner().invoke(starter.app(), ["suspended"])
    assert (said.exit_code, "mount it there" in said.output) == (2, True)


def test_a_file_that_may_not_be_read_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = folder / "signalbox_store"
    secret.write_text("x")

    def refuse(path: Path, *_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_text", refuse)  # root may read everything
    with pytest.raises(BadSecrets, match=r"signalbox_store cannot be read \(Permission denied\)"):
        Settings()
