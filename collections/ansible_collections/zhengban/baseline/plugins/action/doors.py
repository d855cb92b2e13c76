# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Try the doors of one computer."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ansible_collections.zhengban.baseline.plugins.plugin_utils import core
from ansible_collections.zhengban.baseline.plugins.plugin_utils.host import host_of
from ansible_collections.zhengban.baseline.plugins.plugin_utils.spec import DOORS


class ActionModule(ActionBase):
    """Let one host try the ways in and out of it, and keep what became of them."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(argument_spec=DOORS)
        core.require_core()
        with core.reported():
            workspace = core.open_workspace(self, args, task_vars)
            computer = core.computer_of(self, workspace, task_vars)
            if self._task.check_mode:
                return dict(result, changed=False, computer=computer.number)
            answer = host_of(self, task_vars, workspace.root).doors(
                {
                    "unguarded": args["unguarded"],
                    "outside": core.outside_question(workspace),
                    "identity": core.plain(computer.identity),
                }
            )
            test = core.keep_door_test(workspace, computer.number, answer, now=core.now())
        return dict(
            result,
            changed=False,
            computer=computer.number,
            ways=core.plain(test.ways),
            left=core.plain(test.left),
            lines=list(test.lines()),
        )
