# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one place where controller-side plugins import the zhengban core, and say what to install when it is missing."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ansible.errors import AnsibleActionFail

from .plain import untagged

# Names the plugins use as core.NAME.
__all__ = [
    "RUN",
    "Deployment",
    "LostConnection",
    "Question",
    "Waits",
    "WinRMShell",
    "WindowsHost",
    "Workspace",
    "ZhengbanError",
    "align",
    "apply_plan",
    "arm_run",
    "ask_facts",
    "computer_of",
    "describe_assessment",
    "describe_plan",
    "find_open",
    "find_records",
    "find_standing",
    "inventory_variable",
    "keep_door_test",
    "note_attempts",
    "note_health",
    "now",
    "open_workspace",
    "order_guard",
    "order_of",
    "order_windows_guard",
    "outside_question",
    "plain",
    "plan_host",
    "preload_workspace",
    "read_plan",
    "refuse_claims",
    "reported",
    "request_computer",
    "require_core",
    "require_pywinrm",
    "restoration_of",
    "settle_host",
    "visible",
]

try:
    import msgspec

    from zhengban.ledger.ids import new_run_id
    from zhengban.model.errors import ZhengbanError
    from zhengban.model.plan import Plan
    from zhengban.plan import Deployment
    from zhengban.plan.describe import describe_assessment, describe_plan
    from zhengban.remote.winrm import LostConnection, WinRMShell, require_pywinrm
    from zhengban.report.showing import Question, find_open, find_records, find_standing
    from zhengban.run.applying import apply_plan
    from zhengban.run.arming import arm_run
    from zhengban.run.doors import keep_door_test
    from zhengban.run.facts import ask_facts, outside_question
    from zhengban.run.guarding import note_attempts, order_guard, order_windows_guard
    from zhengban.run.plaintext import align, visible
    from zhengban.run.planning import plan_host
    from zhengban.run.requests import order_of, request_computer
    from zhengban.run.restoring import restoration_of
    from zhengban.run.settling import settle_host
    from zhengban.run.upgrading import note_health
    from zhengban.run.workspace import Workspace, stamp_of
    from zhengban.windows.execution import Waits
    from zhengban.windows.host import WindowsHost
except ImportError as err:
    IMPORT_ERROR = err
    RUN = ""

    class ZhengbanError(Exception):  # the name actions catch; nothing raises it without the core
        """Stands in for the core's error tree."""

else:
    IMPORT_ERROR = None
    # The parent imports this once and its workers inherit it: one id for one ansible-playbook run.
    RUN = new_run_id(dt.datetime.now(dt.timezone.utc))


@contextmanager
def reported():
    """Say what the core has to say, once: Ansible would append every cause to the message again."""
    try:
        yield
    except ZhengbanError as err:
        raise AnsibleActionFail(str(err)) from None
    except OSError as err:
        raise AnsibleActionFail(f"{err.filename or 'the workspace'}: {err.strerror}") from None


def require_core():
    """Stop with the command that helps when the core is not importable by the Python that runs Ansible."""
    if IMPORT_ERROR is not None:
        raise AnsibleActionFail(
            f"The zhengban core cannot be imported on the controller: {IMPORT_ERROR}. "
            "Install it for the Python that runs Ansible: pip install 'zhengban[ansible]' (in a checkout '.[ansible]')"
        )


def now():
    """This moment in UTC."""
    return dt.datetime.now(dt.timezone.utc)


def open_workspace(action, args, task_vars):
    """The workspace: the task's option, the inventory's variable, $ZHENGBAN_WORKSPACE or the current directory."""
    root = Path(
        args.get("workspace")
        or inventory_variable(action, task_vars, "zhengban_workspace")
        or os.environ.get("ZHENGBAN_WORKSPACE")
        or Path.cwd()
    ).resolve()
    loaded = _LOADED.get(root)
    if loaded is not None and loaded[0] == stamp_of(root):
        return loaded[1]
    return Workspace(root)


def preload_workspace(root):
    """Load a workspace in the parent process: its workers are forked from it and need not parse it for every host."""
    workspace = Workspace(root)
    stamp = stamp_of(workspace.root)
    _register = workspace.register
    try:
        _compiler = workspace.compiler
    except ZhengbanError:
        return workspace  # the tasks that need the policy say what is wrong with it
    with suppress(ZhengbanError):  # the tasks that need the ledger say what is wrong with it
        # The workers then read only what was appended since.
        workspace.ledger.recall()
    _LOADED[workspace.root] = (stamp, workspace)
    return workspace


def computer_of(action, workspace, task_vars):
    """The register's row of the host a task runs for; the name comes from the inventory, never from the host."""
    name = inventory_variable(action, task_vars, "zhengban_computer") or task_vars["inventory_hostname"]
    return workspace.computer_named(str(name))


def refuse_claims(host, variables):
    """Refuse a host whose facts hold our names: facts come from the host, and Ansible puts them above the inventory.

    Source: DESIGN 11.
    """
    claims = sorted(name for name in variables.get("ansible_facts") or {} if name.startswith("zhengban_"))
    if claims:
        raise AnsibleActionFail(
            f"{host} claims {', '.join(claims)} in its facts. Which computer it is comes from the inventory alone: "
            "look at the host, and clear the fact cache"
        )


def plain(value):
    """A core value as plain lists, dicts and texts."""
    return msgspec.json.decode(msgspec.json.encode(value))


def read_plan(registered):
    """The plan another task registered; None when that task failed, planned nothing or the host was not reached."""
    if registered is None:
        return None
    if not isinstance(registered, Mapping):
        raise AnsibleActionFail("zhengban_plan is not what the plan task registers: do not set it by hand")
    if registered.get("failed") or registered.get("unreachable") or not registered.get("as_of"):
        return None
    fields = {key: registered[key] for key in Plan.__struct_fields__ if key in registered}
    try:
        return msgspec.convert(untagged(fields), Plan)
    except msgspec.ValidationError as err:
        raise AnsibleActionFail(f"zhengban_plan is not what the plan task registers: {err}") from err


_LOADED = {}


def inventory_variable(action, task_vars, name):
    """A variable of ours, which only the inventory may set; None without one."""
    refuse_claims(task_vars["inventory_hostname"], task_vars)
    return action._templar.template(task_vars[name]) if task_vars.get(name) else None
