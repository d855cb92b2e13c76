# SPDX-License-Identifier: Apache-2.0
"""Exactly the planned steps, through flatpak's client. Source: DESIGN 5; flatpak(1)."""

import os
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from .changer import Executed, ManagerError
from .client import run_commands
from .command import Run
from .flatpak_database import Deployed, read_deployed
from .flatpak_offers import read_offers
from .steps import Step

# Nothing is asked, and nothing comes or goes that is not named.
_EXACTLY = ("--noninteractive", "--assumeyes", "--no-related")


class Prepared(NamedTuple):
    """Steps with what is known before they are carried out."""

    steps: Sequence[Step]
    root: str
    state_dir: str
    named: Sequence[str]
    leaving: Sequence[Deployed]
    upgrading: Sequence[Deployed]


def prepare(steps: Sequence[Step], request: Dict[str, Any], state_dir: str, root: str) -> Prepared:
    """Look at everything that can be refused. Raises DatabaseError or ManagerError."""
    deployed = {(one.name, one.row_arch): one for one in read_deployed(root)}
    for step in steps:
        present = deployed.get((step["name"], step["arch"]))
        if (present.version if present else "") != step["old"]:
            raise ManagerError("{} {} is not there as planned; plan again".format(step["name"], step["arch"]))
    leaving = [deployed[step["name"], step["arch"]] for step in steps if step["kind"] == "remove"]
    for one in leaving:
        if one.installation.is_users and not one.installation.user:
            raise ManagerError("{}: nobody in passwd owns it; remove it by hand".format(one.installation.path))
    return Prepared(
        steps=steps,
        root=root,
        state_dir=state_dir,
        named=[want["name"] for want in request["install"]],
        leaving=leaving,
        upgrading=[deployed[step["name"], step["arch"]] for step in steps if step["kind"] == "upgrade"],
    )


def execute(prepared: Prepared, run: Run, inherited: Sequence[int]) -> Executed:
    """Carry out prepared steps: what comes, what is upgraded, what leaves; after a command that failed, no further one.

    A runtime that only came along is not kept for its own sake afterwards (``flatpak pin``).
    """
    try:
        commands = _commands(prepared, run)
    except ManagerError as err:
        return Executed("flatpak was not started: {}".format(err), "", "")
    return run_commands("flatpak", commands, prepared.state_dir, run, inherited)


def _commands(prepared: Prepared, run: Run) -> List[List[str]]:
    """The commands of all steps. Raises ManagerError when what is to come is not offered any more."""
    arriving = [step for step in prepared.steps if step["kind"] == "install"]
    offers = (
        {(one.name, one.row_arch, one.version): one for one in reversed(read_offers(prepared.root, run))}
        if arriving
        else {}
    )
    coming: Dict[str, List[str]] = {}
    unpinned = []
    for step in arriving:
        offer = offers.get((step["name"], step["arch"], step["new"]))
        if offer is None:
            raise ManagerError("{} {} is not offered any more".format(step["name"], step["new"]))
        coming.setdefault(offer.remote, []).append(offer.ref)
        if offer.kind == "runtime" and offer.name not in prepared.named:
            unpinned.append(offer.ref)
    commands = [
        ["flatpak", "install", "--system", *_EXACTLY, "--no-deps", remote, *sorted(coming[remote], reverse=True)]
        for remote in sorted(coming)
    ]
    if unpinned:
        commands.append(["flatpak", "pin", "--system", "--remove", *unpinned])
    if prepared.upgrading:
        commands.append(
            ["flatpak", "update", "--system", *_EXACTLY, "--no-deps", *(one.ref for one in prepared.upgrading)]
        )
    leaving: Dict[Tuple[str, ...], List[str]] = {}
    for one in prepared.leaving:
        leaving.setdefault(_for_whom(one), []).append(one.ref)
    for words in sorted(leaving):
        commands.append([*words, *_EXACTLY, *leaving[words]])
    return commands


def _for_whom(one: Deployed) -> Tuple[str, ...]:
    """The client as the owner of an installation runs it: root never follows what lies in a user's folder."""
    installation = one.installation
    if not installation.label:
        return ("flatpak", "uninstall", "--system")
    if not installation.is_users:
        return ("flatpak", "uninstall", "--installation={}".format(installation.label[1:]))
    home = os.path.dirname(os.path.dirname(os.path.dirname(installation.path)))
    environment = ("env", "-C", "/", "HOME={}".format(home))
    return ("runuser", "-u", installation.user, "--", *environment, "flatpak", "uninstall", "--user")
