"""Where the Temporal server is, as the environment says it."""

from pathlib import Path

import pytest

from integrations.temporal.connection import BadConnection, connection


@pytest.mark.parametrize("setting", ["TEMPORAL_TLS_SERVER_CA_CERT_PATH", "TEMPORAL_TLS_CLIENT_CERT_PATH"])
def test_a_file_of_tls_that_is_not_there_is_named_with_its_setting(
    setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting, str(tmp_path / "none.pem"))
    with pytest.raises(BadConnection, match=rf"{setting}: .*none.pem cannot be read: No such file or directory"):
        connection(tmp_path)


def test_a_file_of_tls_that_a_profile_names_and_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "temporal.toml"
    profile.write_text(
        f'[profile.default]\naddress = "x:1"\n[profile.default.tls]\nserver_ca_cert_path = "{tmp_path}/none.pem"\n'
    )
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(profile))
    with pytest.raises(BadConnection, match=r"^[^:]*none.pem cannot be read"):
        connection(tmp_path)
