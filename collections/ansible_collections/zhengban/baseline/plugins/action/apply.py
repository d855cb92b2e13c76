# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carry out one computer's armed plan."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.zhengban.baseline.plugins.plugin_utils import core
from ansible_collections.zhengban.baseline.plugins.plugin_utils.host import host_of
from ansible_collections.zhengban.baseline.plugins.plugin_utils.spec import APPLY


class ActionModule(ActionBase):
    """Carry out one computer's armed plan; what may run was decided before, for the whole run."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(argument_spec=APPLY)
        core.require_core()
        core.refuse_claims(task_vars["inventory_hostname"], task_vars)
        registered = task_vars.get("zhengban_plan")
        plan = core.read_plan(registered)
        if plan is None and self._task.check_mode and registered and registered.get("pending"):
            return dict(result, changed=False, msg="An earlier run left a change open: nothing was planned.")
        if plan is None:
            raise AnsibleActionFail("There is no plan of this host: run the plan and arm tasks first (zhengban_plan)")
        if not plan.actions:
            return dict(result, changed=False, msg="Nothing to do.")
        if plan.mode == "audit":
            return dict(result, changed=False, msg="Audit only: the plan is not carried out.")
        shown = {"diff": _diff(plan)} if self._task.diff else {}
        if self._task.check_mode:
            needs_seat = any(action.lots for action in plan.actions)
            reason = _without_seat(task_vars).get(plan.computer) if needs_seat else None
            if reason:
                return dict(result, changed=False, computer=plan.computer, hash=plan.hash, msg=_left_out(reason))
            return dict(result, changed=True, computer=plan.computer, hash=plan.hash, **shown)
        with core.reported():
            workspace = core.open_workspace(self, args, task_vars)
            computer = core.computer_of(self, workspace, task_vars)
            applied = core.apply_plan(
                workspace, computer, plan.hash, host_of(self, task_vars, workspace.root), run=core.RUN, now=core.now()
            )
        result.update(core.plain(applied), changed=applied.changed, hash=plan.hash, **shown)
        if applied.state == "left_out":
            result.update(msg=_left_out(applied.reason))
        elif applied.state != "done":
            result.update(failed=True, msg=f"{applied.computer}: {applied.reason}")
        return result


def _without_seat(task_vars):
    """What an arming in check mode, which writes nothing, registered: as one task for all hosts, on one of them."""
    for host in task_vars["ansible_play_hosts_all"]:
        armed = task_vars["hostvars"][host].get("zhengban_armed")
        if armed:
            return armed.get("without_seat") or {}
    return {}


def _left_out(reason):
    return f"Left out of the run: {reason}"


def _diff(plan):
    before = [f"{action.old_package or action.package} {action.old}" for action in plan.actions if action.old]
    after = [f"{action.package} {action.new}" for action in plan.actions if action.new]
    return {
        "before_header": f"{plan.computer} packages",
        "after_header": f"{plan.computer} packages, plan {plan.hash[:12]}",
        "before": "".join(f"{line}\n" for line in before),
        "after": "".join(f"{line}\n" for line in after),
    }
