# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Running a program text with the Python of a managed host, over the connection of an action."""

from __future__ import annotations

import shlex

from ansible import constants as C

# The system's own Python knows the system's package managers.
_SYSTEMS = ("/usr/bin/python3", "/usr/libexec/platform-python")
_NONE_FOUND = 127


def run_python(action, task_vars, program):
    """Run a program; returns the ``rc``, ``stdout`` and ``stderr`` of C(_low_level_execute_command).

    It goes through the pipe where the user has pipelining, else as a file, as a module does. Environment, become and
    the configured interpreter count as for a module; where none is configured, the shell looks for one on the way.
    """
    shell = action._connection._shell
    names = _interpreters(action, task_vars)
    environment = action._compute_environment_string()
    if action._is_pipelining_enabled("new"):
        return action._low_level_execute_command(_command(names, environment, "-"), in_data=program)
    is_ours = shell.tmpdir is None
    if is_ours:
        action._make_tmp_path()
    try:
        path = shell.join_path(shell.tmpdir, "zhengban.py")
        action._transfer_data(path, program)
        # Readable to whom the task becomes; the interpreter runs it, so that it need not be executable.
        action._fixup_perms2((shell.tmpdir, path), execute=False)
        return action._low_level_execute_command(_command(names, environment, path))
    finally:
        if is_ours:
            action._remove_tmp_path(shell.tmpdir)


def _interpreters(action, task_vars):
    """What to try, in order, as words of a shell command."""
    delegated = task_vars.get("ansible_delegated_vars") or {}
    variables = delegated.get(action._task.delegate_to) or task_vars
    configured = C.config.get_config_value("INTERPRETER_PYTHON", variables=variables)
    configured = str(action._templar.template(configured)).strip()
    if not configured.startswith("auto"):
        return [configured]
    found = (variables.get("ansible_facts") or {}).get("discovered_interpreter_python")
    if found:
        return [found]
    others = C.config.get_config_value("INTERPRETER_PYTHON_FALLBACK", variables=variables)
    return list(dict.fromkeys([*_SYSTEMS, *map(str, others)]))


def _command(names, environment, program):
    # Isolated: neither the folder it lies in nor a user's own packages come before the standard library.
    program = shlex.quote(program)
    if len(names) == 1:
        return f"{environment} exec {names[0]} -I {program}".strip()
    missing = shlex.quote(
        f"none of {', '.join(names)} is there: install Python, or name it (ansible_python_interpreter)"
    )
    return (
        f"for python in {' '.join(map(shlex.quote, names))}; do"
        f' if command -v "$python" > /dev/null 2>&1; then {environment} exec "$python" -I {program}; fi;'
        f" done; echo {missing} >&2; exit {_NONE_FOUND}"
    )
