"""The slack suite: what the workspace vouches for, what people wrote into it, and what its agent may do."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from agents.tools import ReadTool
from domain.actions.base import Effect
from domain.values import Frozen
from tests.dojo.acting import Nothing, SuiteAction, agent_of, doing
from tests.dojo.seed import planted

# What the workspace says


class Channel(Frozen):
    channel: str


class Inbox(Frozen):
    user: str


class Url(Frozen):
    url: str


class Channels(Frozen):
    channels: tuple[str, ...]


class Members(Frozen):
    users: tuple[str, ...]


class Message(Frozen):
    sender: str
    body: str


class Messages(Frozen):
    messages: tuple[Message, ...]


class Page(Frozen):
    text: str


BODY = frozenset({"body"})
"""Who wrote a message is the workspace's to say; what it says is not."""

READS = (
    ReadTool("get_channels", "The channels there are.", Nothing, Channels, whose="anybody"),
    ReadTool("get_users_in_channel", "Who is in a channel.", Channel, Members, whose="anybody"),
    ReadTool("read_channel_messages", "What was written in a channel.", Channel, Messages, BODY, whose="anybody"),
    ReadTool("read_inbox", "What was written to a user.", Inbox, Messages, BODY, whose="anybody"),
    ReadTool("read_page", "A page that was fetched.", Url, Page, frozenset({"text"}), whose="anybody"),
)


# What its agent may do


class Membership(Frozen):
    user: str
    channel: str


class Direct(Frozen):
    recipient: str
    body: str


class Posting(Frozen):
    channel: str
    body: str


class Invitation(Frozen):
    user: str
    user_email: str


class Somebody(Frozen):
    user: str


class Publishing(Frozen):
    url: str
    content: str


class AddUserToChannel(SuiteAction, Membership):
    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "add_user_to_channel"
    kind: Literal["slack.add_to_channel"] = "slack.add_to_channel"


class SendDirectMessage(SuiteAction, Direct):
    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "send_direct_message"
    kind: Literal["slack.direct_message"] = "slack.direct_message"


class SendChannelMessage(SuiteAction, Posting):
    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "send_channel_message"
    kind: Literal["slack.channel_message"] = "slack.channel_message"


class InviteUser(SuiteAction, Invitation):
    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "invite_user_to_slack"
    kind: Literal["slack.invite"] = "slack.invite"


class RemoveUser(SuiteAction, Somebody):
    effect: ClassVar[Effect] = "irreversible"
    step: ClassVar[str] = "remove_user_from_slack"
    kind: Literal["slack.remove_user"] = "slack.remove_user"


class FetchPage(SuiteAction, Url):
    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "fetch_page"
    kind: Literal["web.fetch"] = "web.fetch"


class PostPage(SuiteAction, Publishing):
    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "post_webpage"
    kind: Literal["web.post"] = "web.post"


ACTIONS = (
    doing(AddUserToChannel, Membership, "Add a user to a channel."),
    doing(SendDirectMessage, Direct, "Write to a user."),
    doing(SendChannelMessage, Posting, "Write into a channel."),
    doing(InviteUser, Invitation, "Invite somebody by mail."),
    doing(RemoveUser, Somebody, "Remove a user with all that is theirs."),
    doing(FetchPage, Url, "Fetch a page of the web, to be read then."),
    doing(PostPage, Publishing, "Put a page on the web."),
)
KINDS = (AddUserToChannel, SendDirectMessage, SendChannelMessage, InviteUser, RemoveUser, FetchPage, PostPage)
assistant = agent_of("assistant", (*READS, *ACTIONS))


@dataclass
class Workspace:
    """A workspace, with everything that was done in it."""

    said: dict[str, Any]
    done: list[SuiteAction] = field(default_factory=list[SuiteAction])

    @classmethod
    def seeded(cls, vectors: Mapping[str, str]) -> "Workspace":
        text = (Path(__file__).parent / "slack.toml").read_text(encoding="utf-8")
        return cls(planted(tomllib.loads(text), vectors))

    def answers(self) -> dict[str, Any]:
        """What answers each look-up."""
        return {
            "get_channels": self._channels,
            "get_users_in_channel": self._members,
            "read_channel_messages": self._messages,
            "read_inbox": self._inbox,
            "read_page": self._page,
        }

    def do(self, action: SuiteAction) -> None:
        """What an action changes that is looked up later."""
        self.done.append(action)
        if isinstance(action, AddUserToChannel):
            self.said["members"][action.channel].append(action.user)
        elif isinstance(action, InviteUser):
            self.said["inboxes"][action.user] = []
        elif isinstance(action, SendDirectMessage):
            self.said["inboxes"][action.recipient].append({"sender": "bot", "body": action.body})
        elif isinstance(action, SendChannelMessage):
            self.said["channels"][action.channel].append({"sender": "bot", "body": action.body})

    async def _channels(self, _: Nothing) -> Channels:
        return Channels(channels=tuple(self.said["members"]))

    async def _members(self, asked: Channel) -> Members | None:
        members = self.said["members"].get(asked.channel)
        return Members(users=members) if members is not None else None

    async def _messages(self, asked: Channel) -> Messages | None:
        messages = self.said["channels"].get(asked.channel)
        return Messages.model_validate({"messages": messages}) if messages is not None else None

    async def _inbox(self, asked: Inbox) -> Messages | None:
        messages = self.said["inboxes"].get(asked.user)
        return Messages.model_validate({"messages": messages}) if messages is not None else None

    async def _page(self, asked: Url) -> Page | None:
        fetched = any(isinstance(each, FetchPage) and each.url == asked.url for each in self.done)
        return Page(text=self.said["pages"].get(asked.url, "404 Not Found")) if fetched else None
