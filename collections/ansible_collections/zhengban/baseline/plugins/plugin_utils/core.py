# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one place where controller-side plugins import the zhengban core, and say what to install when it is missing."""

from __future__ import annotations

import datetime as dt
import os

from ansible.errors import AnsibleActionFail

# Names the plugins use as core.NAME.
__all__ = [
    "RUN",
    "Deployment",
    "Workspace",
    "ZhengbanError",
    "apply_plan",
    "arm_run",
    "ask_facts",
    "computer_of",
    "describe_assessment",
    "describe_plan",
    "now",
    "open_workspace",
    "plain",
    "plan_host",
    "read_plan",
    "require_core",
    "settle_host",
]

try:
    import msgspec

    from zhengban.ledger.ids import new_run_id
    from zhengban.model.errors import ZhengbanError
    from zhengban.model.plan import Plan
    from zhengban.plan import Deployment
    from zhengban.plan.describe import describe_assessment, describe_plan
    from zhengban.run.applying import apply_plan
    from zhengban.run.arming import arm_run
    from zhengban.run.facts import ask_facts
    from zhengban.run.planning import plan_host
    from zhengban.run.settling import settle_host
    from zhengban.run.workspace import Workspace
except ImportError as err:
    IMPORT_ERROR = err
    RUN = ""

    class ZhengbanError(Exception):  # the name actions catch; nothing raises it without the core
        """Stands in for the core's error tree."""

else:
    IMPORT_ERROR = None
    # The parent imports this once and its workers inherit it: one id for one ansible-playbook run.
    RUN = new_run_id(dt.datetime.now(dt.timezone.utc))


def require_core():
    """Stop with the command that helps when the core is not importable by the Python that runs Ansible."""
    if IMPORT_ERROR is not None:
        raise AnsibleActionFail(
            f"The zhengban core cannot be imported on the controller: {IMPORT_ERROR}. "
            "Install it for the Python that runs Ansible: pip install 'zhengban[ansible]'"
        )


def now():
    """This moment in UTC."""
    return dt.datetime.now(dt.timezone.utc)


def open_workspace(args, task_vars):
    """The workspace: the task's option, the inventory's variable, $ZHENGBAN_WORKSPACE or the current directory."""
    return Workspace(
        args.get("workspace")
        or task_vars.get("zhengban_workspace")
        or os.environ.get("ZHENGBAN_WORKSPACE")
        or os.getcwd()
    )


def computer_of(workspace, task_vars):
    """The register's row of the host a task runs for; the name comes from the inventory, never from the host."""
    return workspace.computer_named(str(task_vars.get("zhengban_computer") or task_vars["inventory_hostname"]))


def plain(value):
    """A core value, or one that Ansible has tagged, as plain lists, dicts and texts."""
    return msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(value)))


def read_plan(registered):
    """The plan another task registered; None when that task failed or the host was not reached."""
    if not registered or registered.get("failed") or registered.get("unreachable") or not registered.get("as_of"):
        return None
    fields = {key: registered[key] for key in Plan.__struct_fields__ if key in registered}
    return msgspec.convert(plain(fields), Plan)
