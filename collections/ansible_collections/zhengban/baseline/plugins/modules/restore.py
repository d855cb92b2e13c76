# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller; this file is its documentation.

DOCUMENTATION = r"""
module: restore
short_description: Plan to put back on one computer what a run took there
version_added: 0.1.0
description:
  - Looks up in the ledger what a run removed or upgraded on the computer, and plans to bring it back in its old
    version, where the policy allows that today and a repository still has it. What cannot come back is refused with
    the reason.
  - What the run installed stays. The records of the run stay too; putting back makes new ones, whose cause names the
    run.
  - Only apt goes back to a lower version; with other package managers only what was removed comes back.
  - Register the result as C(zhengban_plan), the tasks M(zhengban.baseline.arm) and M(zhengban.baseline.apply) read
    it.
author:
  - The zhengban contributors (@zhengban)
options:
  run:
    description: Id of the run, as M(zhengban.baseline.arm) and C(zhengban ledger show) name it.
    type: str
    required: true
extends_documentation_fragment:
  - zhengban.baseline.common
attributes:
  diff_mode:
    description: Shows what changes when run with C(--diff).
    support: none
"""

EXAMPLES = r"""
- name: Plan to put back what a run took
  zhengban.baseline.restore:
    run: 20261123T093000Z-abc123
  register: zhengban_plan
"""

RETURN = r"""
computer:
  description: Number of the computer.
  type: str
  returned: success
  sample: PC-0007
hash:
  description:
    - SHA-256 of everything the plan rests on; the same inputs give the same hash, in check mode and from every
      front end.
  type: str
  returned: when planned
mode:
  description: V(audit) or V(enforce); an audit plan is never carried out.
  type: str
  returned: when planned
department:
  description: Department of the computer's user in a plan of M(zhengban.baseline.deploy) or
    M(zhengban.baseline.maintain), else empty.
  type: str
  returned: when planned
verdict:
  description: V(compliant), V(violating), V(excused) or V(unread).
  type: str
  returned: when planned
findings:
  description: What is not as decided, each with its code, clauses, place in the policy and remedy.
  type: list
  elements: dict
  returned: when planned
excused:
  description: Findings that an exception covers, apart from the others.
  type: list
  elements: dict
  returned: when planned
actions:
  description: What an armed run does on this computer, all of it.
  type: list
  elements: dict
  returned: when planned
refusals:
  description: What the policy asks for and this plan does not do, with the reason.
  type: list
  elements: dict
  returned: when planned
is_guarded:
  description: Whether the host has a guard, whose table is to be written again after a change.
  type: bool
  returned: when planned
settled:
  description: Records written for a change that an earlier run left open.
  type: list
  elements: dict
  returned: when planned
pending:
  description: Id of the open change that keeps check mode from planning.
  type: str
  returned: in check mode, when an earlier run left a change open
lines:
  description: Findings and plan as text.
  type: list
  elements: str
  returned: success
"""
