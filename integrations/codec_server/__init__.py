"""A server that opens payloads for people who may read them: the Temporal UI and its command line ask it."""

from integrations.codec_server.access import Access, access_for
from integrations.codec_server.audit import Audit
from integrations.codec_server.server import application

__all__ = ["Access", "Audit", "access_for", "application"]
