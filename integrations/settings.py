"""Everything that can be set, from SIGNALBOX_* (and the usual OPENAI_*) in the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from domain.roles import ROLES, Role
from governance.assurance import Profile
from governance.trail.link import checked
from integrations.secret_files import SecretFiles

ROOT = Path(__file__).resolve().parent.parent
OPENAI_URL = "https://api.openai.com/v1"


class Settings(BaseSettings):
    """One process's settings; TEMPORAL_* are read by temporalio's own envconfig."""

    model_config = SettingsConfigDict(env_prefix="SIGNALBOX_", frozen=True, extra="ignore", populate_by_name=True)

    home: Path = Field(default=ROOT / ".signalbox", description="where documents and the sandbox's books are kept")
    secrets: Path | None = Field(
        default=None,
        description="a folder of files, each named like a setting (signalbox_store) and holding what it is set to; "
        "the environment goes before",
    )
    policies: Path = Field(default=ROOT / "policies", description="the folder of tables, people, rates and prices")
    database: str | None = Field(default=None, description="the sandbox's books; a SQLite file in home by default")
    store: str | None = Field(
        default=None,
        description="what is stopped and who was told; a SQLite file in home by default, or postgresql://user@host/name",
    )
    ledger_key: Path | None = Field(
        default=None, description="the private key that signs the ledger's checkpoints (starter.py ledger key new)"
    )
    keyring: Path | None = Field(
        default=None,
        description="the keys that payloads are encrypted with on their way to the server (starter.py keys rotate); "
        "none: they stay in clear",
    )
    document_store: str | None = Field(
        default=None,
        description="where documents are kept: another folder than the one in home, or s3://bucket/prefix with the "
        "AWS_* variables",
    )
    payloads: str | None = Field(
        default=None,
        description="where payloads above the limit are kept: a folder that all share, or s3://bucket/prefix with the "
        "AWS_* variables; none: in histories",
    )
    payload_limit: int = Field(
        default=65_536, ge=1_024, le=1_048_576, description="from how many bytes on a payload is kept there"
    )
    show_content: bool | None = Field(
        default=None,
        description="whether the server's lists show subjects and amounts, which nothing encrypts; by default they do "
        "where no keyring is set",
    )
    codec_origin: str | None = Field(
        default=None,
        description="the one origin whose pages may ask the codec server, such as https://temporal.example.com; the "
        "Temporal UI's by default",
    )
    codec_token: Path | None = Field(
        default=None, description="under the profile dev, a file with the token that the codec server asks for"
    )
    codec_audit: Path | None = Field(
        default=None, description="where the codec server says who read what; codec-audit.jsonl in home by default"
    )
    codec_certificate: Path | None = Field(
        default=None, description="its certificate with the chain, as PEM, where the codec server speaks TLS itself"
    )
    codec_key: Path | None = Field(default=None, description="the private key of that certificate, as PEM")
    smtp_url: SecretStr | None = Field(
        default=None,
        description="mail for approvers: smtp://user:password@host:587?starttls=1 or smtps://user:password@host",
    )
    mail_from: str | None = Field(
        default=None, description="the sender of that mail: Signalbox <signalbox@example.com>"
    )
    slack_webhook: SecretStr | None = Field(
        default=None, description="the https:// address of a Slack-compatible webhook that announces approvals"
    )
    sandbox_faults: str = Field(default="", description="such as schedule_payment:refuse; for tests and trials")
    profile: Profile = Field(
        default="dev",
        description="dev authenticates nobody and works with a server on this machine alone; production asks for proof",
    )
    token_file: Path | None = Field(
        default=None,
        description="a file with the token that the Temporal server is shown (starter.py access token); a worker takes "
        "each new one without a restart",
    )
    ui_url: str | None = Field(default=None, description="the Temporal UI; port + 1000 of the server by default")
    trail_url: str | None = Field(
        default=None,
        description="where a case's trail can be read, with {case}, {run} or {trace} in it; the UI links to it",
    )
    trail_file: Path | None = Field(
        default=None, description="a file to which the trail's spans are appended, as OTLP in JSON"
    )
    task_queue: str | None = Field(default=None, description="another task queue than the default one")
    model: str = Field(default="gpt-5-mini", description="the chat model's name; prices.toml needs its price")
    model_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("SIGNALBOX_MODEL_URL", "OPENAI_BASE_URL", "model_url"),
        description="the OpenAI-compatible server; OpenAI itself where only a key is set, and none where neither is",
    )
    model_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("SIGNALBOX_MODEL_KEY", "OPENAI_API_KEY", "model_key"),
        description="the key for it",
    )
    second_model: str | None = Field(
        default=None, description="another model, for second opinions; the same one by default"
    )
    second_model_url: str | None = Field(default=None, description="its server, where it is another one")
    second_model_key: SecretStr | None = Field(default=None, description="the key for that server")
    reasoners: Path | None = Field(
        default=None, description="a TOML file that names the agent frameworks which reason for some agents"
    )
    model_provider: str | None = Field(default=None, description="what cards and the trail call the provider")
    sweep_seconds: float = Field(
        default=4, gt=0, le=3600, description="how often the trail is brought up to date with the histories"
    )
    drain_seconds: int = Field(default=20, gt=0, description="how long running activities may finish on SIGTERM")
    deployment: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$",
        description="the deployment whose versions workers are, such as signalbox; without it workers have no version",
    )
    build_id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}$",
        description="what this build is called in its deployment; the package's version and the commit by default",
    )
    roles: str = Field(
        default=",".join(ROLES),
        description="what a worker does, comma-separated: it runs processes, performs effects, lets agents reason",
    )
    reasoning_rate: float | None = Field(
        default=None,
        gt=0,
        description="how many turns a second the model is asked, by all workers of the queue together",
    )
    slots: Literal["fixed", "resource"] = Field(
        default="fixed", description="whether a worker takes a fixed number of tasks, or what its CPU and memory allow"
    )
    workflow_slots: int = Field(default=100, ge=2, description="workflow tasks at once; the most of them by resource")
    activity_slots: int = Field(
        default=100, ge=1, description="activities at once in each role; the most of them by resource"
    )
    cpu_target: float = Field(default=0.8, gt=0, le=1, description="the load up to which tasks are taken by resource")
    memory_target: float = Field(default=0.8, gt=0, lt=1, description="the same for the machine's memory")
    cached_workflows: int = Field(default=1000, ge=0, description="workflows kept in memory; others are replayed")
    pollers: Literal["fixed", "auto"] = Field(
        default="fixed", description="whether a worker polls a queue in 5 calls at once, or in as many as there is work"
    )
    ops_address: str | None = Field(
        default=None,
        pattern=r"^.+:\d{1,5}$",
        description="host:port of /livez, /readyz and /metrics, such as 127.0.0.1:9464; off by default",
    )
    log_format: Literal["text", "json"] = Field(default="text", description="how lines of the worker's log look")

    @field_validator("roles")
    @classmethod
    def _roles(cls, said: str) -> str:
        roles = [role.strip() for role in said.split(",") if role.strip()]
        if not roles or not set(roles) <= set(ROLES):
            raise ValueError(f"write some of {', '.join(ROLES)}, separated by commas")
        return ",".join(role for role in ROLES if role in roles)

    @field_validator("trail_url")
    @classmethod
    def _trail_url(cls, url: str | None) -> str | None:
        return checked(url) if url else None

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then files of secrets; no .env."""
        return init_settings, env_settings, SecretFiles(settings_cls, os.environ.get("SIGNALBOX_SECRETS"))

    @property
    def lists_show_content(self) -> bool:
        """Whether subjects and amounts become search attributes."""
        return self.keyring is None if self.show_content is None else self.show_content

    @property
    def played(self) -> tuple[Role, ...]:
        """The roles of a worker."""
        return tuple(role for role in ROLES if role in self.roles.split(","))

    @property
    def documents(self) -> Path:
        """The document store."""
        return self.home / "documents"

    @property
    def books(self) -> str:
        """The URL of the sandbox's database."""
        return self.database or f"sqlite:///{self.home / 'books.db'}"

    @property
    def store_url(self) -> str:
        """The URL of the project's own database."""
        return self.store or f"sqlite:///{self.home / 'signalbox.db'}"

    @property
    def chat_url(self) -> str | None:
        """The model server; None where neither an address nor a key is given, so that no model is asked."""
        return self.model_url or (OPENAI_URL if self.model_key else None)


def setting_wrong(error: ValidationError) -> str:
    """Which setting is wrong, by its name in the environment; an error that is not about settings is raised again."""
    if error.title != Settings.__name__:
        raise error
    first = error.errors()[0]
    name = str(first["loc"][0]).upper()
    said = name if name.startswith(("SIGNALBOX_", "OPENAI_")) else f"SIGNALBOX_{name}"
    return f"{said} is {first['input']!r}: {first['msg']}."
