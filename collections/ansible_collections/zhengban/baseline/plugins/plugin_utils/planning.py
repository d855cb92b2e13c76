# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions plan and deploy share: settle what is open, read the host, plan it, give the plan back."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail

from . import core
from .host import host_of


def plan_for_task(action, args, task_vars, *, mode=None, deployment=None, only=(), request="", restore=None):
    """The result of one host: the plan's fields, the findings, what was settled, and the lines to read.

    What ``request`` orders, and what the run ``restore`` took, is asked after an open change was settled: that may be
    the one it was used for, or of that run.

    In check mode an open intent is reported as ``pending`` and nothing is planned.
    """
    check = action._task.check_mode
    with core.reported():
        workspace = core.open_workspace(action, args, task_vars)
        computer = core.computer_of(action, workspace, task_vars)
        host = host_of(action, task_vars, workspace.root)
        pending = workspace.ledger.pending_of(computer.number)
        if pending is not None and check:
            text = f"{computer.number}: run {pending.run} left a change open; a run outside check mode settles it first"
            return {"changed": False, "computer": computer.number, "pending": pending.id, "lines": [text]}
        settled = core.settle_host(workspace, computer, host) if pending is not None else None
        if request:
            deployment = core.order_of(workspace, request, computer.number, now=core.now())
        restoration = core.restoration_of(workspace, restore, computer.number) if restore is not None else None
        planned = core.plan_host(
            workspace,
            computer,
            host,
            now=core.now(),
            check=check,
            mode=mode,
            deployment=deployment,
            restoration=restoration,
            only=tuple(map(str, only)),
        )
    if planned.plan.actions and planned.plan.mode == "enforce" and not host.is_root:
        raise AnsibleActionFail(
            f"{computer.number}: the plan is to be carried out, and Ansible is not root on the host: use become (-b)"
        )
    department = workspace.register.department_of(computer) if deployment is not None else None
    return dict(
        core.plain(planned.plan),
        department=department.name if department is not None else "",
        changed=bool(settled),
        is_guarded=planned.is_guarded,
        verdict=planned.assessment.verdict,
        findings=core.plain(planned.assessment.findings),
        excused=core.plain(planned.assessment.excused),
        settled=core.plain(settled or ()),
        lines=[*core.describe_assessment(planned.assessment), *core.describe_plan(planned.plan)],
    )
