"""Telling people that something waits for them: log, mail, and a chat's webhook."""

from integrations.notify.channel import Channel
from integrations.notify.channels import channels
from integrations.notify.router import Router

__all__ = ["Channel", "Router", "channels"]
