# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan to put back on one computer what a run took there."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ansible_collections.zhengban.baseline.plugins.plugin_utils.core import require_core
from ansible_collections.zhengban.baseline.plugins.plugin_utils.planning import plan_for_task
from ansible_collections.zhengban.baseline.plugins.plugin_utils.spec import RESTORE


class ActionModule(ActionBase):
    """Plan what a run removed or upgraded back onto one host; arm and apply carry it out."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(argument_spec=RESTORE)
        require_core()
        return dict(result, **plan_for_task(self, args, task_vars, restore=str(args["run"])))
