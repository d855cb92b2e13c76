# SPDX-License-Identifier: Apache-2.0
"""Running a playbook of the collection: Ansible is another program here, never an import."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from zhengban.model.errors import InputError, Problem, Refused
from zhengban.run.workspace import Workspace

INVENTORY = "inventories/hosts.yml"
# plugins/zhengban/cli/playbook.py in the source checkout, which holds the collection beside the package.
_CHECKOUT = Path(__file__).resolve().parents[3]
_STANDARD_ERROR = 2
# Ansible's own default, which the variable replaces.
_ANSIBLE_DEFAULT = "~/.ansible/collections:/usr/share/ansible/collections"


def run_playbook(
    workspace: Workspace,
    playbook: str,
    hosts: str,
    *,
    variables: Mapping[str, object] | None = None,
    is_shown: bool = True,
) -> int:
    """Run one playbook of ours on a pattern of hosts, its output passing through.

    It runs in the workspace, so that an ``ansible.cfg`` there counts.

    Args:
        playbook: the full name, such as ``zhengban.baseline.collect``.
        hosts: a pattern of Ansible; one that matches no host is a failure.
        variables: further ones of the playbook.
        is_shown: otherwise its output goes to standard error: the caller prints something else.

    Returns:
        ansible-playbook's exit code, 0 when it succeeded on every host.

    Raises:
        Refused: Ansible is not installed.
        InputError: the workspace has no inventory.
    """
    program = find_ansible_playbook()
    if not (workspace.root / INVENTORY).is_file():
        hint = "write one, for our plugin: `plugin: zhengban.baseline.computers`"
        raise InputError([Problem(file=INVENTORY, message="is missing", hint=hint)])
    given = json.dumps({"zhengban_hosts": hosts, **(variables or {})})
    process = subprocess.Popen(
        [program, "-i", INVENTORY, "-e", given, playbook],
        cwd=workspace.root,
        stdout=None if is_shown else _STANDARD_ERROR,
        env=playbook_environment(os.environ, workspace=workspace.root),
    )
    try:
        return process.wait()
    except KeyboardInterrupt:
        # The terminal has interrupted ansible-playbook as well; it ends its own workers.
        process.wait()
        raise


def find_ansible_playbook() -> str:
    """The ansible-playbook of this Python's environment, which can import the core; else the first on the PATH.

    Raises:
        Refused: there is none.
    """
    beside = Path(sys.executable).parent
    program = shutil.which("ansible-playbook", path=beside) or shutil.which("ansible-playbook")
    if program is None:
        raise Refused(["ansible-playbook is not installed; install it with: pip install 'zhengban[ansible]'"])
    return str(Path(program).absolute())


def playbook_environment(
    environment: Mapping[str, str], *, workspace: Path, checkout: Path = _CHECKOUT
) -> dict[str, str]:
    """The environment ansible-playbook gets: the user's, with the workspace and what makes our collection found.

    Where Ansible looks for collections is the user's affair, except from a source checkout, which brings its own.
    """
    # An inventory that cannot be parsed is only a warning to Ansible, and then a run without hosts succeeds.
    strict = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
    ours = {"ZHENGBAN_WORKSPACE": str(workspace), **{key: strict[key] for key in strict.keys() - environment.keys()}}
    collections = checkout / "collections"
    if (collections / "ansible_collections" / "zhengban" / "baseline" / "galaxy.yml").is_file():
        ours["ANSIBLE_COLLECTIONS_PATH"] = f"{collections}:{_ANSIBLE_DEFAULT}"
    # A misspelt host would otherwise be skipped, and the run count as a success.
    ours["ANSIBLE_HOST_PATTERN_MISMATCH"] = "error"
    given = {key: value for key, value in environment.items() if key != "ZHENGBAN_WORKSPACE"}
    return {**ours, **given}
