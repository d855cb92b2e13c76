# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settle what an earlier run left open on one computer."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ansible_collections.zhengban.baseline.plugins.plugin_utils import core
from ansible_collections.zhengban.baseline.plugins.plugin_utils.host import host_of
from ansible_collections.zhengban.baseline.plugins.plugin_utils.spec import RECOVER


class ActionModule(ActionBase):
    """Write the records of an open intent from the host's journal and packages; hosts without one are not contacted."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(argument_spec=RECOVER)
        core.require_core()
        with core.reported():
            workspace = core.open_workspace(self, args, task_vars)
            computer = core.computer_of(self, workspace, task_vars)
            pending = workspace.ledger.pending_of(computer.number)
            if pending is None or self._task.check_mode:
                return dict(
                    result,
                    changed=False,
                    computer=computer.number,
                    pending=pending.id if pending else "",
                    records=[],
                )
            records = core.settle_host(workspace, computer, host_of(self, task_vars, workspace.root))
        return dict(
            result,
            changed=bool(records),
            computer=computer.number,
            pending="",
            records=core.plain(records or ()),
        )
