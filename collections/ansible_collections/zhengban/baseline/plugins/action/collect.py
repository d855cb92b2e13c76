# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep one computer's facts in the workspace."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ansible_collections.zhengban.baseline.plugins.plugin_utils import core
from ansible_collections.zhengban.baseline.plugins.plugin_utils.host import host_of
from ansible_collections.zhengban.baseline.plugins.plugin_utils.spec import COLLECT


class ActionModule(ActionBase):
    """Ask one host for its facts and store them; in check mode only ask."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(argument_spec=COLLECT)
        core.require_core()
        with core.reported():
            workspace = core.open_workspace(self, args, task_vars)
            computer = core.computer_of(self, workspace, task_vars)
            facts = core.ask_facts(
                workspace,
                computer.number,
                host_of(self, task_vars, workspace.root),
                now=core.now(),
                keep=not self._task.check_mode,
            )
            if not self._task.check_mode:
                core.note_attempts(workspace, computer, facts, now=core.now())
        return dict(
            result,
            changed=False,
            computer=computer.number,
            digest=facts.digest,
            packages=len(facts.packages),
            managers=core.plain(facts.managers),
        )
