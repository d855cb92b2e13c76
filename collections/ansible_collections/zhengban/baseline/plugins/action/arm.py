# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Arm the whole run, once, before any host is touched."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.zhengban.baseline.plugins.plugin_utils import core
from ansible_collections.zhengban.baseline.plugins.plugin_utils.spec import ARM


class ActionModule(ActionBase):
    """Judge the plans of all hosts of the play together; runs on the controller, once for all hosts."""

    BYPASS_HOST_LOOP = True
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(argument_spec=ARM)
        core.require_core()
        targets = sorted(task_vars["ansible_play_hosts_all"])
        live = set(task_vars["ansible_play_hosts"])
        if live != set(task_vars["ansible_play_batch"]):
            raise AnsibleActionFail(
                "arm needs all hosts of its play in one batch: move `serial` to the play that applies, "
                "limits are for the whole run"
            )
        for host in targets:
            core.refuse_claims(host, task_vars["hostvars"][host])
        offered = {host: core.read_plan(task_vars["hostvars"][host].get("zhengban_plan")) for host in targets}
        try:
            armed = core.arm_run(
                core.open_workspace(self, args, task_vars),
                offered,
                run=core.RUN,
                now=core.now(),
                check=self._task.check_mode,
            )
        except core.ZhengbanError as err:
            raise AnsibleActionFail(f"Nothing was armed and no host was touched: {err}") from None
        return {**result, **core.plain(armed), "changed": False, "msg": _summary(armed, check=self._task.check_mode)}


def _summary(armed, *, check):
    if not armed.computers:
        parts = ["nothing is armed" if armed.without_seat else "nothing to do, nothing is armed"]
    else:
        count = f"{len(armed.computers)} computer{'' if len(armed.computers) == 1 else 's'}"
        parts = [
            f"{count} would be armed" if check else f"{count} armed until {armed.expires:%H:%M} UTC",
            f"{len(armed.losing)} of them lose software",
        ]
    parts += [f"{computer} left out: {reason}" for computer, reason in sorted(armed.without_seat.items())]
    parts += [
        f"notice {item.notice} concerns {', '.join(item.departments) or 'no department'}" for item in armed.notices
    ]
    parts += [
        f"audit only: {', '.join(armed.audit_only) or 'none'}",
        f"hosts unread: {', '.join(armed.unread) or 'none'}",
    ]
    return f"Run {armed.run}: {'; '.join(parts)}."
