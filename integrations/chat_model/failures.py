"""Which failure of a model server may pass, and what the operator reads about it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from http import HTTPStatus

from openai import APIStatusError
from pydantic import ValidationError

from domain.errors import NoAnswer, Unavailable
from integrations.chat_model.settings import ModelSettings
from integrations.chat_model.wire import WireError, WireFailure
from integrations.retry_after import wait

EXCERPT = 200
TRANSIENT = frozenset({408, 409, 425, 429})
SPENT = "insufficient_quota"
FINAL_CODES = frozenset({SPENT, "invalid_api_key", "model_not_found", "context_length_exceeded", "content_filter"})
SCHEMA_STATUSES = frozenset({400, 404, 422, 500})

SECRETS = re.compile(
    r"(?i:bearer|basic)\s+\S+"  # what follows an authorization scheme
    r"|\bsk-[\w*-]+"  # a key in OpenAI's shape, also half masked
    r"|(?<=://)[^/\s@]+@"  # user and password in an address
    r"|\b(?=\w*\d)(?=\w*[a-zA-Z])[\w-]{24,}\b"  # any long token of letters and digits
)

ADVICE = {
    301: "It redirects: set the base URL to its final address",
    302: "It redirects: set the base URL to its final address",
    307: "It redirects: set the base URL to its final address",
    308: "It redirects: set the base URL to its final address",
    401: "Check the key",
    402: "The account cannot pay: top it up or use another",
    403: "Check what the key may use",
    404: "Check the base URL and the model's name",
    413: "The request is too large for this model",
}


def is_transient(failure: APIStatusError) -> bool:
    """Whether asking again later may help: a spent quota looks like a rate limit, but does not pass."""
    status = failure.status_code
    return (status in TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR) and not _is_spent(_error(failure))


def may_refuse_schema(failure: APIStatusError) -> bool:
    """Whether the server may have stumbled over the JSON schema alone; a few use 500 for that, for good."""
    return failure.status_code in SCHEMA_STATUSES and _error(failure).code not in FINAL_CODES


def explained(failure: APIStatusError, settings: ModelSettings) -> Unavailable | NoAnswer:
    """Turn an HTTP failure into the domain's error, with a sentence that holds no secret."""
    error = _error(failure)
    status = failure.status_code
    detail = f"{settings.host} answered {status} for model {settings.model}: {told(error.message, settings)}"
    if is_transient(failure):
        return Unavailable(detail, retry_after=wait(failure.response.headers, datetime.now(UTC)))
    advice = ADVICE[402] if _is_spent(error) else ADVICE.get(status)
    return NoAnswer(f"{detail} ({advice}.)" if advice else detail)


def told(words: str, settings: ModelSettings) -> str:
    """Words of a server as they may be shown: one line, clipped, without keys."""
    key = settings.api_key.get_secret_value()
    known = words.replace(key, "[masked]") if key else words
    line = " ".join(SECRETS.sub("[masked]", known).split())
    shown = "".join(character for character in line if character.isprintable())
    return shown if len(shown) <= EXCERPT else f"{shown[: EXCERPT - 1]}…"


def _is_spent(error: WireError) -> bool:
    return SPENT in {error.code, error.type}


def _error(failure: APIStatusError) -> WireError:
    body = failure.response.text
    try:
        return WireFailure.model_validate_json(body).error
    except ValidationError:
        return WireError(message=body)
