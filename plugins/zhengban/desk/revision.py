# SPDX-License-Identifier: Apache-2.0
"""The files of an earlier state of a workspace, read out of git: neither the tree nor the index is touched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from zhengban.model.errors import InputError, Problem

FOLDERS = ("policies", "inventories/register")
_SUFFIXES = (".yml", ".yaml")
# Set where a git hook runs; they would point git at another tree than the workspace's.
_HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")


def write_revision(workspace: Path, revision: str, target: Path) -> None:
    """Write the policy and register files of a git revision below a directory.

    Args:
        workspace: a directory of a git repository, not necessarily its top.
        revision: anything git understands as a commit: ``HEAD~1``, ``origin/main``, a tag.
        target: gets ``policies/`` and ``inventories/register/`` as far as the revision has them, YAML files only.

    Raises:
        InputError: no repository, no such revision, or the revision has no ``policies/``. ``file`` is empty:
            what was asked for is the caller's to name.
    """
    commit = _find_commit(workspace, revision)
    entries = tuple(_list_files(workspace, commit))
    if not any(path.parts[0] == FOLDERS[0] for path, _blob in entries):
        raise _wrong(f"the revision has no {FOLDERS[0]}/ in this workspace", "name a later one")
    contents = _read_blobs(workspace, [blob for _path, blob in entries])
    for (path, _blob), content in zip(entries, contents, strict=True):
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _find_commit(workspace: Path, revision: str) -> str:
    inside = _git(workspace, "rev-parse", "--git-dir")
    if inside.returncode:
        complaint = inside.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        hint = "name such a directory, or keep the workspace in git"
        raise _wrong(f"not a directory with policies/, and no revision of a git repository: {complaint}", hint)
    # An option is no revision, whatever git would make of it.
    is_option = revision.startswith("-")
    found = inside if is_option else _git(workspace, "rev-parse", "--verify", f"{revision}^{{commit}}")
    if is_option or found.returncode:
        hint = "`git log --oneline` lists revisions; '.' is what lies on the disk"
        raise _wrong("neither a directory with policies/ nor a revision of this git repository", hint)
    return found.stdout.decode().strip()


def _list_files(workspace: Path, commit: str) -> Iterator[tuple[PurePosixPath, str]]:
    """Yield (path below the workspace, blob id) of every YAML file, in git's order."""
    # The pathspecs count from the directory git runs in, which is the workspace, wherever in the repository it lies.
    listed = _git(workspace, "ls-tree", "-r", "-z", commit, "--", *FOLDERS)
    if listed.returncode:
        raise _wrong(f"git cannot list it: {listed.stderr.decode('utf-8', 'replace').strip()}")
    for entry in listed.stdout.decode("utf-8", "surrogateescape").split("\0"):
        meta, _tab, name = entry.partition("\t")
        path = PurePosixPath(name)
        if path.suffix not in _SUFFIXES:
            continue
        mode, _kind, blob = meta.split(" ")
        if mode == "120000" or ".." in path.parts:
            raise _wrong(f"{name!r} is a link, which is not followed into git", "put the file itself there")
        yield path, blob


def _read_blobs(workspace: Path, blobs: list[str]) -> Iterator[bytes]:
    answer = _git(workspace, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs).encode())
    rest = answer.stdout
    for _blob in blobs:
        header, _newline, rest = rest.partition(b"\n")
        fields = header.split(b" ")
        if answer.returncode or len(fields) != 3:
            raise _wrong(f"git cannot read its files: {answer.stderr.decode('utf-8', 'replace').strip()}")
        size = int(fields[2])
        yield rest[:size]
        rest = rest[size + 1 :]


def _git(workspace: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {key: value for key, value in os.environ.items() if key not in _HOOK_VARIABLES}
    try:
        return subprocess.run(
            ["git", "-C", str(workspace), *arguments],
            check=False,
            input=stdin,
            capture_output=True,
            env={**environment, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
        )
    except FileNotFoundError as err:
        raise _wrong("not a directory with policies/, and git is not installed to look for a revision") from err


def _wrong(message: str, hint: str = "") -> InputError:
    return InputError([Problem(file="", message=message, hint=hint)])
