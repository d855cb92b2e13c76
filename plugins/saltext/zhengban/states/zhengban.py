# SPDX-License-Identifier: Apache-2.0
"""
The guard of a minion as a state.

A minion cannot compile the policy, and nothing brings it one: pillar and file server would show it to others, and a
minion that may start a runner of the master would take one of the master's workers at will. So the table comes from the
master, which decides when: ``salt-run zhengban.guard``, by hand or by its schedule. The state keeps what the master has
put there: it puts right what was changed or lost, and fails with that command where there is no table.
"""

from salt.exceptions import CommandExecutionError

__virtualname__ = "zhengban"


def __virtual__():
    if "zhengban.keep_guard" in __salt__:  # noqa: F821
        return __virtualname__
    return False, "the execution module zhengban is not there: saltutil.sync_all, and restart the minion"


def guarded(name, ensure="present"):
    """
    Make sure that the guard stands as the master last put it here.

    name
        Any text; the state is about the minion.
    ensure
        ``present``: program and hooks are there and work, by the table that is there. ``audit``: so too, and the guard
        only records; ``salt-run zhengban.guard`` raises it again. ``absent``: no guard, but for attempts that were not
        collected yet.

    .. code-block:: yaml

        guard:
          zhengban.guarded: []
    """
    answer = {"name": name, "result": True, "changes": {}, "comment": "the guard stands as it should"}
    is_test = __opts__.get("test", False)  # noqa: F821
    try:
        done = __salt__["zhengban.keep_guard"](ensure=ensure, test=is_test)  # noqa: F821
    except CommandExecutionError as err:
        return dict(answer, result=False, comment=str(err))
    if not done["changed"]:
        return answer
    comment = "{} would change" if is_test else "{} changed"
    return dict(
        answer,
        result=None if is_test else True,
        changes={"old": done["before"], "new": done["after"]},
        comment=comment.format("{} files".format(len(done["changes"])) if len(done["changes"]) > 1 else "1 file"),
    )
