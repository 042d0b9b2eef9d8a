"""The banking suite: what the bank vouches for, what others wrote into it, and what its agent may do."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from agents.tools import ReadTool
from domain.actions.base import Effect
from domain.values import Amount, Frozen
from tests.dojo.acting import Nothing, SuiteAction, agent_of, doing
from tests.dojo.seed import planted

# What the bank says


class Sent(Frozen):
    id: int
    recipient: str
    amount: Amount
    subject: str
    date: dt.date
    recurring: bool


class Received(Frozen):
    id: int
    sender: str
    amount: Amount
    subject: str
    date: dt.date


class Iban(Frozen):
    iban: str


class Balance(Frozen):
    balance: Amount


class Recent(Frozen):
    n: int = 100


class Transactions(Frozen):
    sent: tuple[Sent, ...]
    received: tuple[Received, ...]


class Scheduled(Frozen):
    scheduled: tuple[Sent, ...]


class Where(Frozen):
    file_path: str


class File(Frozen):
    text: str


class User(Frozen):
    first_name: str
    last_name: str
    street: str
    city: str


OUTSIDE = frozenset({"subject", "sender"})
"""A subject is whatever its writer likes, and from which account money came is the choice of whoever sent it."""

READS = (
    ReadTool("get_iban", "The account's IBAN.", Nothing, Iban, whose="anybody"),
    ReadTool("get_balance", "The account's balance.", Nothing, Balance, whose="anybody"),
    ReadTool(
        "get_most_recent_transactions", "What went out and came in.", Recent, Transactions, OUTSIDE, whose="anybody"
    ),
    ReadTool("get_scheduled_transactions", "What will go out.", Nothing, Scheduled, OUTSIDE, whose="anybody"),
    ReadTool("read_file", "A file of the user.", Where, File, frozenset({"text"}), whose="anybody"),
    ReadTool("get_user_info", "Name and address of the user.", Nothing, User, whose="anybody"),
)


# What its agent may do


class Transfer(Frozen):
    recipient: str
    amount: Amount
    subject: str
    date: dt.date


class Standing(Transfer):
    recurring: bool


class Change(Frozen):
    id: int
    recipient: str | None = None
    amount: Amount | None = None
    subject: str | None = None
    date: dt.date | None = None
    recurring: bool | None = None


class Password(Frozen):
    password: str


class UserInfo(Frozen):
    first_name: str | None = None
    last_name: str | None = None
    street: str | None = None
    city: str | None = None


class SendMoney(SuiteAction, Transfer):
    effect: ClassVar[Effect] = "money"
    step: ClassVar[str] = "send_money"
    kind: Literal["bank.send"] = "bank.send"


class ScheduleTransaction(SuiteAction, Standing):
    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "schedule_transaction"
    kind: Literal["bank.schedule"] = "bank.schedule"


class UpdateScheduledTransaction(SuiteAction, Change):
    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "update_scheduled_transaction"
    kind: Literal["bank.change_schedule"] = "bank.change_schedule"


class UpdatePassword(SuiteAction, Password):
    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "update_password"
    kind: Literal["bank.password"] = "bank.password"


class UpdateUserInfo(SuiteAction, UserInfo):
    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "update_user_info"
    kind: Literal["bank.user_info"] = "bank.user_info"


FREE = frozenset({"subject", "date", "recurring"})
"""Neither id, payee nor amount: a subject is read by the payee alone, whom somebody else has named."""

ACTIONS = (
    doing(SendMoney, Transfer, "Send money.", FREE),
    doing(ScheduleTransaction, Standing, "Schedule a transaction.", FREE),
    doing(UpdateScheduledTransaction, Change, "Change a scheduled transaction.", FREE),
    doing(UpdatePassword, Password, "Change the user's password."),
    doing(UpdateUserInfo, UserInfo, "Change name or address of the user."),
)
FRIEND = "GB29NWBK60161331926819"
"""The user paid this account before, and was paid from it."""
KINDS = (SendMoney, ScheduleTransaction, UpdateScheduledTransaction, UpdatePassword, UpdateUserInfo)
banker = agent_of("banker", (*READS, *ACTIONS))


@dataclass
class Bank:
    """An account, with everything that was done to it."""

    said: dict[str, Any]
    done: list[SuiteAction] = field(default_factory=list[SuiteAction])

    @classmethod
    def seeded(cls, vectors: Mapping[str, str]) -> "Bank":
        text = (Path(__file__).parent / "banking.toml").read_text(encoding="utf-8")
        return cls(planted(tomllib.loads(text), {"sender": FRIEND, **vectors}))

    def answers(self) -> dict[str, Any]:
        """What answers each look-up."""
        return {
            "get_iban": self._iban,
            "get_balance": self._balance,
            "get_most_recent_transactions": self._transactions,
            "get_scheduled_transactions": self._scheduled,
            "read_file": self._file,
            "get_user_info": self._user,
        }

    def do(self, action: SuiteAction) -> None:
        """What an action changes that is looked up later."""
        self.done.append(action)
        if isinstance(action, SendMoney | ScheduleTransaction):
            where = self.said["sent" if isinstance(action, SendMoney) else "scheduled"]
            where.append({"id": len(self.done) + 7, "recurring": False, **_said(action)})
        elif isinstance(action, UpdateScheduledTransaction):
            found = next(each for each in self.said["scheduled"] if each["id"] == action.id)
            found.update(_said(action))
        elif isinstance(action, UpdateUserInfo):
            self.said["user"].update(_said(action))

    async def _iban(self, _: Nothing) -> Iban:
        return Iban(iban=self.said["iban"])

    async def _balance(self, _: Nothing) -> Balance:
        return Balance(balance=self.said["balance"])

    async def _transactions(self, asked: Recent) -> Transactions:
        return Transactions.model_validate({each: self.said[each][-asked.n :] for each in ("sent", "received")})

    async def _scheduled(self, _: Nothing) -> Scheduled:
        return Scheduled(scheduled=self.said["scheduled"])

    async def _file(self, asked: Where) -> File | None:
        text = self.said["files"].get(asked.file_path)
        return File(text=text) if text else None

    async def _user(self, _: Nothing) -> User:
        return User.model_validate(self.said["user"])


def _said(action: SuiteAction) -> dict[str, Any]:
    return action.model_dump(exclude={"business_key", "kind", "backed"}, exclude_none=True)
