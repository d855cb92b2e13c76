# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Windows host behind Ansible's own winrm connection: the core's questions as native command lines, no PowerShell."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure

from . import core


class WindowsOverAnsible:
    """Asks the host of one task. A lost connection is Ansible's own exception, so the host ends as unreachable."""

    is_root = True

    def __init__(self, action, task_vars, root):
        self._action = action
        self._task_vars = task_vars
        self._root = root
        self._opened = None

    def reported(self):
        return core.reported()

    def software_info(self, known_digest, outside=None):  # noqa: ARG002
        return self._ask("software_info", known_digest)

    def simulate(self, request):
        return self._ask("simulate", request)

    def apply(self, order):
        return self._ask("apply", order)

    def settle(self, intent):
        return self._ask("settle", intent)

    def guard(self, workspace, computer, state):
        order = core.order_windows_guard(workspace, computer, state, now=core.now())
        check = self._action._task.check_mode
        change, doors = self._ask("guard", order.guard, order.identity, check=check)
        return {
            "changed": bool(change.changes),
            "changes": list(change.changes),
            "diff": {"before": change.before, "after": change.after},
            "doors": doors,
            "mode": order.mode,
            "needs_restart": change.needs_restart,
        }

    def doors(self, _args):
        raise AnsibleActionFail(
            "The doors of Windows hosts are not tried, only read (zhengban guard status): leave them out (--limit '!…')"
        )

    def _ask(self, question, *arguments, **options):
        try:
            if self._opened is None:
                core.require_pywinrm()
                shell = shell_of(self._action._connection)
                waits = core.Waits(**_waits(self._action, self._task_vars))
                self._opened = core.WindowsHost(shell, self._root, waits=waits, now=core.now)
            return getattr(self._opened, question)(*arguments, **options)
        except core.LostConnection as err:
            raise AnsibleConnectionFailure(str(err)) from None


def shell_of(connection):
    """The shell that Ansible's winrm connection has opened.

    Its protocol and the id of its shell are not part of what Ansible promises: what is not there says so.
    """
    connection._connect()
    protocol, shell_id = getattr(connection, "protocol", None), getattr(connection, "shell_id", None)
    if not shell_id or not hasattr(protocol, "run_command"):
        raise AnsibleActionFail(
            "Ansible's winrm connection keeps its shell elsewhere in this version: use ansible-core 2.17 to 2.21"
        )
    return core.WinRMShell(protocol, shell_id, reopened=lambda new: setattr(connection, "shell_id", new))


def _waits(action, task_vars):
    """How long a program may take, in seconds, where the inventory says so."""
    given = core.inventory_variable(action, task_vars, "zhengban_program_timeout")
    if given is None:
        return {}
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        seconds = 0.0
    if seconds <= 0:
        raise AnsibleActionFail(f"zhengban_program_timeout is {given!r}: write the seconds a program may take")
    return {"program": seconds, "registry": min(seconds, core.Waits().registry)}
