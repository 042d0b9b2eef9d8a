"""One way to reach the server for worker and command line alike."""

from __future__ import annotations

import getpass
import ipaddress
import os
import re
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import DomainError, Unavailable
from integrations.payloads.converter import data_converter
from integrations.settings import Settings
from integrations.temporal.token_file import read_token

DEFAULT_ADDRESS = "localhost:7233"
DEFAULT_NAMESPACE = "default"
PROFILE_FILE = "temporal.toml"
"""Written by the demo into the home folder, so that commands typed beside it find its server."""


class NotAllowed(DomainError):
    """The settings do not allow this."""


class BadConnection(DomainError):
    """The settings do not say where the Temporal server is."""


def connection(home: Path) -> dict[str, Any]:
    """Where the server is: TEMPORAL_* and TEMPORAL_CONFIG_FILE first, else the profile that the demo wrote."""
    written = home / PROFILE_FILE
    chosen = None if os.environ.get("TEMPORAL_CONFIG_FILE") or not written.is_file() else str(written)
    try:
        found = ClientConfig.load_client_connect_config(config_file=chosen)
    except RuntimeError as error:
        said = " ".join(str(error).split())
        raise BadConnection(f"TEMPORAL_CONFIG_FILE or TEMPORAL_PROFILE cannot be used: {said}") from None
    except OSError as error:  # the files of TLS are read here, too
        raise BadConnection(f"{_named(error)} cannot be read: {error.strerror}.") from None
    return {"target_host": DEFAULT_ADDRESS, **found}


async def connect(settings: Settings, *, identity: str | None = None, runtime: Runtime | None = None) -> Client:
    """Connect; raise `NotAllowed` for a server that the dev profile may not use, `Unavailable` where none answers."""
    config = connection(settings.home)
    if settings.token_file:
        config["api_key"] = read_token(settings.token_file)
    address = str(config["target_host"])
    if not re.fullmatch(r".+:\d{1,5}", address):
        raise BadConnection(f"TEMPORAL_ADDRESS is {address!r}; write host:port, such as {DEFAULT_ADDRESS}.")
    if settings.profile == "dev" and not is_loopback(address):
        raise NotAllowed(
            f"The profile dev authenticates nobody, so it uses a server on this machine alone, not {address}. "
            "SIGNALBOX_PROFILE=production works with any."
        )
    try:
        return await Client.connect(
            **config,
            data_converter=data_converter(settings, config.get("namespace") or DEFAULT_NAMESPACE),
            identity=identity or f"{getpass.getuser()}@{socket.gethostname()}",
            runtime=runtime,
        )
    except RuntimeError as error:
        raise _not_connected(error, config) from None
    except ValueError as error:
        raise BadConnection(f"TEMPORAL_ADDRESS is {address!r}: {error}.") from None


def _named(error: OSError) -> str:
    """The file that is missing, and the setting that names it, where one of the environment does."""
    file = str(error.filename)
    setting = next((name for name, value in os.environ.items() if value == file and name.startswith("TEMPORAL_")), None)
    return f"{setting}: {file}" if setting else file


def _not_connected(error: RuntimeError, config: Mapping[str, Any]) -> DomainError | Unavailable:
    """Why there is no connection: the SDK says it in words alone."""
    address = config["target_host"]
    if "PermissionDenied" in str(error):
        return NotAllowed(
            f"The Temporal server at {address} refuses the token that it is shown: it has expired, or no key that the "
            "server knows has signed it. Put a new one into SIGNALBOX_TOKEN_FILE."
        )
    implied = config.get("api_key") and config.get("tls") in (None, True)
    hint = "A token goes over TLS; set TEMPORAL_TLS=false if that server has none. " if implied else ""
    return Unavailable(
        f"No Temporal server answers at {address} ({_cause(error)}). {hint}"
        "Start one with `make demo`, or set TEMPORAL_ADDRESS."
    )


def _cause(error: RuntimeError) -> str:
    """The operating system's own words, where the connection's error quotes them."""
    quoted = re.search(r'message: "([^"]+)"', str(error))
    return quoted[1] if quoted else str(error)[:200]


def is_loopback(address: str) -> bool:
    """Whether an address such as `127.0.0.1:7233` is on this machine."""
    host = address.rsplit(":", 1)[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def ui_address(home: Path) -> str:
    """The UI of the dev server: its port is the server's plus 1000."""
    host, port = str(connection(home)["target_host"]).rsplit(":", 1)
    return f"http://{host}:{int(port) + 1000}"


async def ensure_attributes(client: Client, keys: Sequence[SearchAttributeKey[Any]]) -> None:
    """Register the search attributes that the server lacks; without them no case could start.

    Raise `NotAllowed` where the server does not let this caller look or register.
    """
    try:
        await _ensure(client, keys)
    except RPCError as error:
        if error.status != RPCStatusCode.PERMISSION_DENIED:
            raise
        raise NotAllowed(
            f"The Temporal server refuses {client.identity} in namespace {client.namespace}: {error.message} The "
            f"worker's token (SIGNALBOX_TOKEN_FILE) needs {client.namespace}:write and must not have expired; the "
            "namespace and its search attributes are made by deploy/config/temporal/namespace.sh."
        ) from None


async def _ensure(client: Client, keys: Sequence[SearchAttributeKey[Any]]) -> None:
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = {key.name: _indexed(key) for key in keys if key.name not in known.custom_attributes}
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )


def _indexed(key: SearchAttributeKey[Any]) -> IndexedValueType.ValueType:
    return IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{key.indexed_value_type.name}")
