# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read what is installed on one host."""

from __future__ import annotations

from pathlib import Path

from ansible.plugins.action import ActionBase

from ansible_collections.zhengban.baseline.plugins.plugin_utils.host import host_of
from ansible_collections.zhengban.baseline.plugins.plugin_utils.spec import SOFTWARE_INFO


class ActionModule(ActionBase):
    """Give the facts document of a host back; only a Windows host needs the core for it."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(argument_spec=SOFTWARE_INFO)
        host = host_of(self, task_vars, Path())
        with host.reported():
            facts = host.software_info(args["known_digest"], args["outside"])
        return dict(result, changed=False, facts=facts)
