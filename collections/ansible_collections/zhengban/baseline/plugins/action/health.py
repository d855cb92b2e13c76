# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Note how one computer is after its upgrades."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.zhengban.baseline.plugins.plugin_utils import core
from ansible_collections.zhengban.baseline.plugins.plugin_utils.spec import HEALTH


class ActionModule(ActionBase):
    """Write into the ledger what a health check found; the host is not contacted."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(argument_spec=HEALTH)
        core.require_core()
        core.refuse_claims(task_vars["inventory_hostname"], task_vars)
        plan = core.read_plan(task_vars.get("zhengban_plan"))
        if plan is None:
            raise AnsibleActionFail("There is no plan of this host: run the plan task first (zhengban_plan)")
        with core.reported():
            noted = core.note_health(
                core.open_workspace(self, args, task_vars),
                plan.computer,
                plan.upgrades,
                healthy=args["healthy"],
                reason=args["reason"],
                run=core.RUN,
                now=core.now(),
                check=self._task.check_mode,
            )
        return dict(result, changed=bool(noted), computer=plan.computer, upgrades=list(noted))
