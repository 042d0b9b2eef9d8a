"""What has to hold of a task that was run, whoever answered."""

from collections import Counter

from tests.tau.house import Ran
from tests.tau.tasks import Task


def done_as_gold(task: Task, ran: Ran) -> None:
    """The shop is as the task says, each of its writes took place once, and the case knows of exactly these."""
    assert ran.changed == task.changes, task.id
    assert ran.outcome.end == "answered", task.id
    written = Counter((each.kind, each.about) for each in ran.writes)
    assert max(written.values(), default=0) <= 1, task.id
    assert written.keys() <= set(task.writes), task.id
    assert len(ran.writes) == len(task.gold) - task.fails, task.id
    assert Counter(each.action for each in ran.outcome.done) == Counter(each.kind for each in ran.writes), task.id


def only_the_allowed(task: Task, ran: Ran) -> None:
    """Nothing but what policy allows by itself has changed anything; who was asked and said no has stopped the rest."""
    assert all(each.by.startswith("policy") for each in ran.outcome.done), task.id
    assert Counter(each.action for each in ran.outcome.done) == Counter(each.kind for each in ran.writes), task.id
    written = Counter((each.kind, each.about) for each in ran.writes)
    assert max(written.values(), default=0) <= 1, task.id
    assert written.keys() <= set(task.writes), task.id
    of = {about: {write for write in task.writes if write[1] == about} for _, about in task.writes}
    changed = {path[1] for path in ran.changed if path[0] == "orders"}
    assert changed <= {about for _, about in written}, task.id
    for order, wanted in of.items():
        if wanted <= written.keys():
            gold = {path: value for path, value in task.changes.items() if path[1] == order}
            assert {path: value for path, value in ran.changed.items() if path[1] == order} == gold, task.id
    if not written:
        assert ran.changed == {}, task.id
