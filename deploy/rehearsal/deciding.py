"""Steps in which people decide, and others try to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from temporalio.service import RPCError, RPCStatusCode

from deploy.rehearsal.cases import answered, approval_of, outcome, principals
from deploy.rehearsal.cluster import NAMESPACE
from deploy.rehearsal.logins import subject
from deploy.rehearsal.processes import Failed
from deploy.rehearsal.report import Step
from deploy.rehearsal.scene import AUDITOR, Scene
from deploy.rehearsal.toolchain import Missing
from integrations.service_tokens import service_token

CLEAN = ("03",)
ASKING = ("04", "05", "11")
REFUNDS = ("SO-2020", "SO-2009")
"""One that needs nobody, and the third of a customer within a month."""


async def hand_in(scene: Scene, step: Step) -> None:
    """Invoices, a refund and a ticket; clean ones need nobody."""
    desk = await scene.operator()
    for sample in (*CLEAN, *ASKING):
        await scene.cases.invoice(desk, sample)
    for order in REFUNDS:
        await scene.cases.refund(desk, order, "LETTER-1")
    await scene.cases.ticket(desk, "02")
    ends = await asyncio.gather(*(outcome(scene.cases.started[sample]) for sample in CLEAN))
    if set(ends) != {"posted"}:
        raise Failed(f"clean invoices end as {', '.join(ends)}")
    step.saw(f"{len(scene.cases.started)} cases; the clean invoice was posted by itself")


async def strangers(scene: Scene, step: Step) -> None:
    """Signals with tokens that may not signal."""
    ground, write = scene.ground, f"{NAMESPACE}:write"
    approval = await approval_of(await scene.operator(), scene.cases.started["05"])
    tokens = {
        "no token": "",
        "no JWT": "not.a.token",
        "an expired token": ground.token("nils@example.com", write, valid=-timedelta(minutes=2)),
        "a foreign key": _foreign(write),
        "another namespace": ground.token("nils@example.com", "other:write"),
        "a token that may read": ground.people[AUDITOR],
    }
    for what, token in tokens.items():
        client = (await scene.operator()).client
        client.api_key = token or None  # to connect with it would be refused before the signal
        try:
            await client.get_workflow_handle(approval).signal("approve", {"by": "nils"})
        except RPCError as error:
            if error.status != RPCStatusCode.PERMISSION_DENIED:
                raise Failed(f"a signal with {what} is refused as {error.status.name}: {error.message}") from None
        else:
            raise Failed(f"a signal with {what} got through")
    if await principals((await scene.operator()).client, approval):
        raise Failed("a refused signal stands in the history")
    step.saw(f"the server refused signals with {', '.join(tokens)}; none stands in the history")


def _foreign(permission: str) -> str:
    key, valid = ec.generate_private_key(ec.SECP256R1()), timedelta(hours=1)
    return service_token(key, "nils@example.com", [permission], now=datetime.now(UTC), valid=valid)


async def impostors(scene: Scene, step: Step) -> None:
    """Signals that the server lets through and that count for nothing."""
    case = scene.cases.started["05"]
    worker = await scene.operator()
    claimed = await answered(worker, case, "nils")
    other = await answered(await scene.person("petra"), case, "nils")
    if claimed.counted or other.counted:
        raise Failed("somebody else's answer counts as nils's")
    step.saw(f"a program that says it is nils: {claimed.why_not}; petra, who says so: {other.why_not}")


async def decide(scene: Scene, step: Step) -> None:
    """An approval by somebody whom the server has authenticated."""
    case, desk = scene.cases.started["05"], await scene.person("nils")
    approval = await approval_of(desk, case)
    heard = await answered(desk, case, "nils", text=scene.canary)
    if not heard.counted or heard.assurance != "principal":
        raise Failed(f"nils's answer is {heard.assurance}, counted: {heard.counted}, {heard.why_not}")
    sent = await principals(desk.client, approval)
    if sent[-1] != subject(scene.ground.people["nils"]):
        raise Failed(f"the history names {sent[-1]} as principal")
    ended = await outcome(case)
    if ended != "posted":
        raise Failed(f"the approved invoice ends as {ended}")
    step.saw(f"nils's approval counts with assurance `{heard.assurance}`; the history names the principal `{sent[-1]}`")
    step.saw("the bill is posted and its payment scheduled")


async def decide_in_the_ui(scene: Scene, step: Step) -> None:
    """An approval by somebody who signs in at the stock UI, in a browser."""
    ui, codec, case = scene.ground.ui, scene.ground.codec, scene.cases.started["04"]
    if ui is None or codec is None:
        step.leave_out("there is no UI to sign in at")
        return
    await codec.start(scene.ground.keyring, scene.ground.database.secrets)
    await ui.start()
    desk = await scene.operator()
    approval = await approval_of(desk, case)
    try:
        read, others = await ui.approve("greta@example.com", approval, scene.canary)
    except Missing as missing:
        step.leave_out(str(missing))
        return
    ended, sent = await outcome(case), await principals(desk.client, approval)
    if ended != "posted" or sent != [subject(scene.ground.people["greta"])]:
        raise Failed(f"signalled by {', '.join(sent)}, the case ends as {ended}")
    if "Post the bill of" not in read:
        raise Failed(f"the UI shows no question, but {read[:200]}")
    step.saw("greta signed in at dex; the codec server, over https, fetched dex's keys and opened the question for her")
    step.saw(f"she sent `approve` with a note; the history names the principal `{sent[0]}`; it was posted")
    strange = {"no token": "", "the auditor": scene.ground.people[AUDITOR], "a worker": scene.ground.token("greta")}
    await codec.refuses(strange)
    if codec.readers() != ["greta"]:
        raise Failed(f"the codec server says that {', '.join(codec.readers())} read")
    step.saw(f"the codec server refused {', '.join(strange)}; by its lines nobody has read but greta")
    step.saw(f"beside Send a Signal the UI for reviewers offers: {', '.join(others) or 'nothing'}")
