"""Settings from files, as containers hand in what no environment should show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings, SecretsSettingsSource, SettingsError
from typing_extensions import override

from domain.errors import DomainError


class BadSecrets(DomainError):
    """SIGNALBOX_SECRETS cannot be used."""


class SecretFiles(SecretsSettingsSource):
    """One file a setting, in the folder that is given; raise `BadSecrets` where it or one of them cannot be read."""

    def __init__(self, settings: type[BaseSettings], folder: str | None) -> None:
        if folder and not Path(folder).is_dir():
            raise BadSecrets(f"SIGNALBOX_SECRETS is {folder!r}, which is no folder: mount it there, or unset it.")
        super().__init__(settings, folder or None)

    @override
    def __call__(self) -> dict[str, Any]:
        try:
            return super().__call__()
        except (OSError, SettingsError) as error:
            unreadable = error if isinstance(error, OSError) else error.__cause__
            if not isinstance(unreadable, OSError):
                raise
            raise BadSecrets(
                f"{unreadable.filename} cannot be read ({unreadable.strerror}): let the user of this process read it."
            ) from None
