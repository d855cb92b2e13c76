# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller; this file is its documentation.

DOCUMENTATION = r"""
module: maintain
short_description: Plan what an approved request asks for
version_added: 0.1.0
description:
  - Plans the one installation, removal or upgrade that a request (form 10) asks for, on the computer it is about. A
    host that is another computer is not contacted.
  - Refuses unless the request is approved by the department and by IT, not used yet and still good; signatures are
    verified. M(zhengban.baseline.arm) and M(zhengban.baseline.apply) look at it again.
  - The result is a plan like that of M(zhengban.baseline.plan); its records carry the request as their cause.
author:
  - The zhengban contributors (@zhengban)
options:
  request:
    description: Id of the request, as C(zhengban request list) shows it.
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
- name: Plan what the request asks for
  zhengban.baseline.maintain:
    request: REQ-2026-a3f01c-0001
  register: zhengban_plan
"""

RETURN = r"""
is_concerned:
  description: Whether the request is about this computer; if not, nothing was planned.
  type: bool
  returned: success
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
  description: Department of the computer's user, empty when nobody uses it.
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
