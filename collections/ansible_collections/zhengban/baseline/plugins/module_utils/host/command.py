# SPDX-License-Identifier: Apache-2.0
"""Running the package manager's commands: a known environment, no terminal, no shell."""

# Salt and package managers run this too, without an AnsibleModule. pylint: disable=ansible-bad-function

import os
import subprocess
from typing import Callable, Dict, NamedTuple, Sequence

# What a host may need to reach its repositories; everything else of the caller's environment stays out.
_PASSED_ON = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "TMPDIR")


class Completed(NamedTuple):
    """What a finished command said; both texts empty when its output went to a file."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Completed]

_ERROR_LINES = 12


def run_command(argv: Sequence[str], output_path: str = "", inherited: Sequence[int] = ()) -> Completed:
    """Run a command to its end with closed standard input.

    Args:
        argv: program and arguments; no shell sees them.
        output_path: a file that takes both outputs; the command then runs in a session of its own and neither a
            hang-up of the caller's terminal nor the caller's death (a closed pipe) reaches it.
        inherited: file descriptors the command keeps open.

    Returns:
        Its exit code; 127 with the reason as ``stderr`` when it cannot be started.
    """
    try:
        if output_path:
            with open(os.open(output_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
                process = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=_environment(),
                    start_new_session=True,
                    pass_fds=tuple(inherited),
                )
                return Completed(process.wait(), "", "")
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            pass_fds=tuple(inherited),
        )
        stdout, stderr = process.communicate()
    except OSError as err:
        return Completed(127, "", "{}: {}".format(argv[0], err.strerror))
    return Completed(
        process.returncode, stdout.decode("utf-8", "backslashreplace"), stderr.decode("utf-8", "backslashreplace")
    )


def last_lines(text: str) -> str:
    """The end of a command's output, without empty lines: where a package manager says why."""
    # apt says every second how long it has been waiting; the last time is enough.
    waiting = [line for line in text.split("\n") if line.startswith("Waiting for cache lock")]
    lines = [line.rstrip() for line in text.split("\n") if line.strip() and line not in waiting[:-1]]
    return "\n".join(lines[-_ERROR_LINES:])


def read_output(path: str) -> str:
    """What a command has written into a file; empty where there is none."""
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "backslashreplace")
    except OSError:
        return ""


def _environment() -> Dict[str, str]:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment.update(
        PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        HOME="/root",
        # Both, or a LANGUAGE of the host translates what has to be read.
        LC_ALL="C.UTF-8",
        LANGUAGE="C",
        DEBIAN_FRONTEND="noninteractive",
        APT_LISTCHANGES_FRONTEND="none",
        NEEDRESTART_MODE="l",
    )
    return environment
