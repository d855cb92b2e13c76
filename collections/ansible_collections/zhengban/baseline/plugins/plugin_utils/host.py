# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The managed host behind an action's own connection: the core's questions as programs, or as Windows command lines.

Reading facts needs nothing of the core, which takes longer to import than a host to answer: only what is for Windows
imports it.
"""

from __future__ import annotations

from contextlib import nullcontext

from ansible.errors import AnsibleActionFail

from .plain import untagged
from .program import read_answer, write_program
from .python import run_python

SETTLE_SECONDS = 60


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
        return self._ask("facts", known_digest=known_digest, outside=dict(outside) if outside else None)

    def simulate(self, request):
        answer = self._ask("simulate", request=request)
        self.is_root = answer["is_root"]
        return answer["result"]

    def apply(self, order):
        return self._ask("apply", order=order)

    def settle(self, intent):
        return self._ask("settle", intent=intent, wait_seconds=SETTLE_SECONDS)

    def guard(self, workspace, computer, state):
        from .core import now, order_guard

        order = order_guard(workspace, computer, state, now=now())
        answer = self._ask("guard", **order.plain())
        diff = {side: answer.pop(side) for side in ("before", "after")}
        return dict(answer, diff=diff, mode=order.mode, needs_restart=False)

    def doors(self, args):
        return self._ask("doors", **args)

    def _ask(self, question, **arguments):
        program = write_program(question, untagged(arguments), self._action._task.check_mode)
        done = run_python(self._action, self._task_vars, program)
        said = read_answer(done["stdout"])
        if said is None:
            # Without a Python or the right to become root there is only what the shell printed.
            texts = (done["stderr"].strip(), done["stdout"].strip(), f"exit status {done['rc']}")
            why = next(filter(None, texts))
            raise AnsibleActionFail(f"{question} failed on the host: {why}")
        if "refused" in said:
            raise AnsibleActionFail(said["refused"])
        return said["answer"]
