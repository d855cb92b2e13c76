# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Put the guard on one computer, or take it away."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.zhengban.baseline.plugins.plugin_utils import core
from ansible_collections.zhengban.baseline.plugins.plugin_utils.host import host_of
from ansible_collections.zhengban.baseline.plugins.plugin_utils.spec import GUARD


class ActionModule(ActionBase):
    """Give one host its table and its hooks; what they let pass was decided in the policy."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(argument_spec=GUARD)
        core.require_core()
        with core.reported():
            workspace = core.open_workspace(self, args, task_vars)
            computer = core.computer_of(self, workspace, task_vars)
            answer = host_of(self, task_vars, workspace.root).guard(workspace, computer, args["state"])
        if "changes" not in answer:
            raise AnsibleActionFail(f"{computer.number}: the host gave no answer about its guard")
        shown = {"diff": answer["diff"]} if self._task.diff else {}
        return dict(
            result,
            changed=answer["changed"],
            computer=computer.number,
            mode=answer["mode"],
            changes=answer["changes"],
            doors=answer["doors"],
            needs_restart=answer["needs_restart"],
            **shown,
        )
