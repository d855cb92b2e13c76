# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The managed host behind an action's own connection: the core's questions as modules, or as Windows command lines.

Reading facts through a module needs nothing of the core, which takes longer to import than a host to answer: only what
is for Windows imports it.
"""

from __future__ import annotations

from contextlib import nullcontext

from ansible.errors import AnsibleActionFail

from .plain import untagged


def host_of(action, task_vars, root):
    """The host of one task; ``root`` is the workspace's directory, where the policy's installers lie."""
    connection = action._connection
    if connection.transport == "winrm":
        from .core import require_core
        from .windows import WindowsOverAnsible

        require_core()
        return WindowsOverAnsible(action, task_vars, root)
    if getattr(connection._shell, "_IS_WINDOWS", False):
        raise AnsibleActionFail(
            f"{task_vars['inventory_hostname']} is a Windows host over {connection.transport}: use winrm "
            "(ansible_connection: ansible.builtin.winrm), whose shell runs programs without PowerShell"
        )
    return HostOverAnsible(action, task_vars)


class HostOverAnsible:
    """Asks the host of one task. A lost connection stays Ansible's own exception, so the host ends as unreachable.

    ``is_root`` is false once the host has simulated something without being root there.
    """

    def __init__(self, action, task_vars):
        self._action = action
        self._task_vars = task_vars
        self.is_root = True

    def reported(self):
        """Around questions: what the core raises about them becomes Ansible's own. Here nothing of it is asked."""
        return nullcontext()

    def software_info(self, known_digest, outside=None):
        args = {"known_digest": known_digest, **({"outside": dict(outside)} if outside else {})}
        answer = self._run("zhengban.baseline.software_info", args)
        return answer["facts"]

    def simulate(self, request):
        answer = self._transaction({"operation": "simulate", "request": request})
        self.is_root = answer["is_root"]
        return answer["result"]

    def apply(self, order):
        return self._transaction({"operation": "apply", "order": order})["result"]

    def settle(self, intent):
        return self._transaction({"operation": "settle", "intent": intent})["result"]

    def guard(self, workspace, computer, state):
        from .core import now, order_guard

        order = order_guard(workspace, computer, state, now=now())
        answer = self._run("zhengban.baseline.host_guard", order.plain())
        return dict(answer, mode=order.mode, needs_restart=False)

    def doors(self, args):
        return self._run("zhengban.baseline.host_doors", args)

    def _transaction(self, args):
        return self._run("zhengban.baseline.software_transaction", args)

    def _run(self, module, args):
        answer = self._action._execute_module(module_name=module, module_args=args, task_vars=self._task_vars)
        if answer.get("failed"):
            # Without a Python or the right to become root there is no module's message, only what the shell printed.
            said = (answer.get(part) for part in ("module_stderr", "module_stdout", "msg"))
            why = "; ".join(str(text).strip() for text in said if text)
            raise AnsibleActionFail(f"{module} failed on the host: {why}", result=answer)
        return untagged(answer)
