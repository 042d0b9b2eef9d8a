"""What holds for every service of docker-compose.yml, as complaints: none where it does."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.deploy.tools import LONGEST

Services = Mapping[str, Mapping[str, Any]]
OURS = "signalbox:"
"""Our image brings its own healthcheck."""
UNASKABLE = {"otel-collector": "its image holds one program and no other to ask it with"}
SECRET = re.compile(r"PASSWORD|PWD|SECRET|TOKEN|API_KEY|MODEL_KEY|SMTP_URL|WEBHOOK", re.IGNORECASE)
IN_A_FILE = re.compile(r"/run/(secrets|tokens)(/.+)?|true|false")
DRAIN = "SIGNALBOX_DRAIN_SECONDS"


def is_job(service: Mapping[str, Any]) -> bool:
    """Whether it is meant to end."""
    return str(service.get("restart", "no")).startswith(("no", "on-failure"))


def is_checked(service: Mapping[str, Any]) -> bool:
    """Whether somebody asks it how it is."""
    check = service.get("healthcheck", {})
    return not check.get("disable") and bool(check.get("test") or str(service["image"]).startswith(OURS))


def unhardened(services: Services) -> Iterator[str]:
    """Read-only, no rights, a user that is a number and not root, no way to the host."""
    for name, service in services.items():
        if not service.get("read_only"):
            yield f"{name}: its root file system can be written"
        if service.get("cap_drop") != ["ALL"] or service.get("cap_add"):
            yield f"{name}: it keeps capabilities"
        if "no-new-privileges:true" not in service.get("security_opt", ()):
            yield f"{name}: it may gain privileges"
        if not re.fullmatch(r"[1-9]\d*:\d+", str(service.get("user", ""))):
            yield f"{name}: its user is {service.get('user')!r}"
        if service.get("privileged") or service.get("network_mode") or service.get("pid"):
            yield f"{name}: it shares what is the host's"
        for volume in service.get("volumes", ()):
            if volume["type"] == "bind" and not volume.get("read_only"):
                yield f"{name}: it may write {volume['source']}"


def reachable(services: Services) -> Iterator[str]:
    """Ports are published to this machine alone."""
    for name, service in services.items():
        for port in service.get("ports", ()):
            if port.get("host_ip") != "127.0.0.1":
                yield f"{name}: port {port['target']} is open to other machines"


def unchecked(services: Services) -> Iterator[str]:
    """Whatever stays up says how it is, and nobody waits for what can never come."""
    for name, service in services.items():
        if not is_job(service) and not is_checked(service) and name not in UNASKABLE:
            yield f"{name}: it stays up and has no healthcheck"
        for other, on in service.get("depends_on", {}).items():
            condition, needed = on["condition"], services[other]
            if condition == "service_completed_successfully" and not is_job(needed):
                yield f"{name}: it waits for the end of {other}, which stays up"
            if condition == "service_healthy" and not is_checked(needed):
                yield f"{name}: it waits for the health of {other}, which nobody asks"


def literal_secrets(services: Services) -> Iterator[str]:
    """Secrets come from files."""
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if SECRET.search(variable) and value and not IN_A_FILE.fullmatch(value):
                yield f"{name}: {variable} is not a file of secrets"
            if value and re.search(r"://[^/\s@]+:[^/\s@]+@", value):
                yield f"{name}: {variable} holds a password"


def hasty(services: Services) -> Iterator[str]:
    """Activities end before the worker stops waiting for them, and it before the container is killed."""
    for name, service in services.items():
        drain = service.get("environment", {}).get(DRAIN)
        if drain is None:
            continue
        if float(drain) <= LONGEST:
            yield f"{name}: it drains {drain} s, and an activity may take {LONGEST:.0f}"
        if seconds(service.get("stop_grace_period", "10s")) <= float(drain):
            yield f"{name}: it is killed before it has drained"


def seconds(duration: str) -> float:
    """A duration such as 2m10s."""
    return sum(float(n) * {"h": 3600, "m": 60, "s": 1}[unit] for n, unit in re.findall(r"([\d.]+)([hms])", duration))


RULES = (unhardened, reachable, unchecked, literal_secrets, hasty)
