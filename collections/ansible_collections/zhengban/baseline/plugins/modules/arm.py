# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller; this file is its documentation.

DOCUMENTATION = r"""
module: arm
short_description: Arm a whole run before any host is touched
version_added: 0.1.0
description:
  - Judges the plans of all hosts of the play together, once, on the controller; limits, freshness of the plans, and the
    register against its last version.
  - Hands out the seats of commercial software in the order of the computers' numbers. A computer for which no lot has
    a seat left is left out of the run, with its whole plan; the others go on. Check mode shows the same.
  - Looks again at the request or the notice that a plan rests on; a deployment without a notice is refused.
  - Either the whole run is armed or the task fails and no host is touched. Hosts without a plan are reported as unread.
  - Reads the plans that the hosts have registered as C(zhengban_plan). With nothing to do it writes nothing.
author:
  - The zhengban contributors (@zhengban)
extends_documentation_fragment:
  - zhengban.baseline.common
attributes:
  diff_mode:
    description: Shows what changes when run with C(--diff).
    support: none
"""

EXAMPLES = r"""
- name: Arm
  zhengban.baseline.arm:
  register: zhengban_armed
"""

RETURN = r"""
msg:
  description: What was armed, in a sentence.
  type: str
  returned: success
run:
  description: Id of this run.
  type: str
  returned: success
computers:
  description: Hash of the armed plan by computer number.
  type: dict
  returned: success
losing:
  description: Armed computers that lose software within the policy's limits.
  type: list
  elements: str
  returned: success
urgent:
  description: By armed computer, the ids of the urgent removals that take something from it.
  type: dict
  returned: success
moved:
  description: By computer, the numbers of its plan and the lots with a free seat that they are recorded under instead.
  type: dict
  returned: success
without_seat:
  description: By computer left out of the run, the reason why there is no seat for it.
  type: dict
  returned: success
requests:
  description: Pairs of a request and the computer its change is armed for.
  type: list
  elements: list
  returned: success
notices:
  description: What unified deployments are announced by, each with the departments, computers and software numbers.
  type: list
  elements: dict
  returned: success
unread:
  description: Hosts without a plan, because they could not be read.
  type: list
  elements: str
  returned: success
audit_only:
  description: Computers whose plan is not carried out, because they are audited only.
  type: list
  elements: str
  returned: success
expires:
  description: Moment the arming ends.
  type: str
  returned: success
"""
