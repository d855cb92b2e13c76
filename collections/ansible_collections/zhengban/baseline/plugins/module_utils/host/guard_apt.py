# SPDX-License-Identifier: Apache-2.0
"""The door of apt, apt-get and aptitude: what ``DPkg::Pre-Install-Pkgs`` says is about to happen.

Source: apt.conf(5), protocol version 3.
"""

from typing import Dict, List, NamedTuple, Tuple

from .dpkg import read_installed
from .guard_deb import DebFile, read_deb, work_out
from .guard_decide import Coming, Leaving, Transaction
from .hook import read_operations, read_steps

TICKET_OPTION = "Zhengban::Ticket"


class AptTransaction(NamedTuple):
    """What apt is about to do.

    ``files``: what will be unpacked. ``removes``: every removal as ``name:arch``, also of what comes back at once.
    ``token``: of the ticket apt was started with, empty when it was not by us; ``steps`` are what a ticket pins.
    """

    transaction: Transaction
    files: Tuple[str, ...]
    removes: Tuple[str, ...]
    token: str
    steps: Tuple[Tuple[str, ...], ...]


def read_apt(text: str) -> AptTransaction:
    """Read apt's description. Raises ValueError when it is not in version 3 of the protocol."""
    comes: Dict[Tuple[str, str], Coming] = {}
    files: Dict[Tuple[str, str], str] = {}
    removed: List[Leaving] = []
    for name, old, old_arch, _same, _way, new, new_arch, multi_arch, what in read_operations(text):
        if what == "**REMOVE**":
            removed.append(Leaving(name, old, old_arch))
        elif what != "**CONFIGURE**":
            comes[name, new_arch] = Coming(name, new, new_arch, _said(old, "-"), _said(multi_arch, "none"))
            files[name, new_arch] = what
    coming, leaving = tuple(comes.values()), tuple(one for one in removed if (one.name, one.arch) not in comes)

    def file_of(one: Coming) -> DebFile:
        return read_deb(files[one.name, one.arch])

    transaction = Transaction("dpkg", coming, leaving, lambda: work_out(coming, leaving, file_of, read_installed))
    removes = tuple("{}:{}".format(one.name, one.arch) for one in removed)
    return AptTransaction(transaction, tuple(files.values()), removes, _token(text), tuple(read_steps(text)))


def _said(field: str, nothing: str) -> str:
    return "" if field == nothing else field


def _token(text: str) -> str:
    start = TICKET_OPTION + "="
    header = text.partition("\n\n")[0]
    return next((line[len(start) :] for line in header.split("\n") if line.startswith(start)), "")
