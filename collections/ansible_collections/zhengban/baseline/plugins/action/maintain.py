# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan what an approved request asks for on one computer."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ansible_collections.zhengban.baseline.plugins.plugin_utils import core
from ansible_collections.zhengban.baseline.plugins.plugin_utils.planning import plan_for_task
from ansible_collections.zhengban.baseline.plugins.plugin_utils.spec import MAINTAIN


class ActionModule(ActionBase):
    """Plan a request's change on its computer, and nothing on any other; arm and apply carry it out."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(argument_spec=MAINTAIN)
        core.require_core()
        request = str(args["request"])
        with core.reported():
            workspace = core.open_workspace(self, args, task_vars)
            computer = core.computer_of(self, workspace, task_vars)
            concerned = core.request_computer(workspace, request)
        if computer.number != concerned:
            text = f"{request} is about {concerned}: nothing is planned for {computer.number}"
            return dict(result, changed=False, is_concerned=False, computer=computer.number, lines=[text])
        return dict(result, is_concerned=True, **plan_for_task(self, args, task_vars, request=request))
