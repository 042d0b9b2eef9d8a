"""Everything that the agents of both suites may do, as one closed union."""

from typing import Annotated

from pydantic import Field

from tests.dojo import bank, workspace

AnAction = Annotated[
    bank.SendMoney
    | bank.ScheduleTransaction
    | bank.UpdateScheduledTransaction
    | bank.UpdatePassword
    | bank.UpdateUserInfo
    | workspace.AddUserToChannel
    | workspace.SendDirectMessage
    | workspace.SendChannelMessage
    | workspace.InviteUser
    | workspace.RemoveUser
    | workspace.FetchPage
    | workspace.PostPage,
    Field(discriminator="kind"),
]
KINDS = (*bank.KINDS, *workspace.KINDS)
