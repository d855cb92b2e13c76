# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller; this file is its documentation.

DOCUMENTATION = r"""
module: apply
short_description: Carry out the armed plan of one computer
version_added: 0.1.0
description:
  - Carries out the plan registered as C(zhengban_plan) when this run was armed for it, once.
  - The intent is on disk before the host is touched; the host checks that nothing has moved since the plan was
    made, simulates again, and runs one transaction; the records are written from the packages read afterwards.
  - With nothing to do, or in audit mode, it does nothing.
author:
  - The zhengban contributors (@zhengban)
extends_documentation_fragment:
  - zhengban.baseline.common
attributes:
  diff_mode:
    description: Shows what changes when run with C(--diff).
    support: full
"""

EXAMPLES = r"""
- name: Apply
  zhengban.baseline.apply:
"""

RETURN = r"""
computer:
  description: Number of the computer.
  type: str
  returned: when carried out
hash:
  description: Hash of the plan.
  type: str
  returned: when there is something to do
state:
  description: V(done), V(failed) or V(refused), or V(left_out) where the arming had no seat for the computer.
  type: str
  returned: when carried out
outcomes:
  description: What became of each action, with the version found afterwards.
  type: list
  elements: dict
  returned: when carried out
records:
  description: The records written to the ledger, with the book of each.
  type: list
  elements: dict
  returned: when carried out
output:
  description: The end of what the package manager, or each program on a Windows host, printed.
  type: str
  returned: when carried out
needs_restart:
  description: Whether what was done is whole only after the host has been restarted (Windows).
  type: bool
  returned: when carried out
"""
