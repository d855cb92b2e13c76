# SPDX-License-Identifier: Apache-2.0
"""The lab: throw-away real Debian hosts, a package repository and a workspace for them.

Everything but :mod:`tests.lab.workspace` needs only the standard library, so that the hosts' image can be
built while the virtual environment is still being made.
"""


class LabUnavailable(Exception):
    """This machine cannot run throw-away hosts; the text says why and what would help."""
