# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan a unified deployment on one computer."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ansible_collections.zhengban.baseline.plugins.plugin_utils import core
from ansible_collections.zhengban.baseline.plugins.plugin_utils.planning import plan_for_task
from ansible_collections.zhengban.baseline.plugins.plugin_utils.spec import DEPLOY


class ActionModule(ActionBase):
    """Plan what a unified deployment changes on one host; arm and apply carry it out."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(argument_spec=DEPLOY)
        core.require_core()
        deployment = core.Deployment(
            install=tuple(map(str, args["install"])),
            upgrade=tuple(map(str, args["upgrade"])),
            remove=tuple(map(str, args["remove"])),
            notice=str(args["notice"]),
        )
        return dict(result, **plan_for_task(self, args, task_vars, deployment=deployment))
