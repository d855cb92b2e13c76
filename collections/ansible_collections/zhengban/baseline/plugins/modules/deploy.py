# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller; this file is its documentation.

DOCUMENTATION = r"""
module: deploy
short_description: Plan a unified deployment on one computer
version_added: 0.1.0
description:
  - Plans the installation, upgrade or removal of software on a computer, by software numbers or packages, as a unified
    deployment (no request is needed).
  - The result is a plan like that of M(zhengban.baseline.plan); M(zhengban.baseline.arm) and
    M(zhengban.baseline.apply) carry it out.
author:
  - The zhengban contributors (@zhengban)
options:
  install:
    description:
      - Software to install where it is missing, by number or by package (C(dpkg:wps-office)) of one allowed entry.
    type: list
    elements: str
    default: []
  upgrade:
    description:
      - Software to upgrade to the highest approved version the host is offered, by number or by package.
    type: list
    elements: str
    default: []
  remove:
    description:
      - Software to remove, by number; or by package (C(dpkg:xunlei-thunder)), whether it is listed or not.
    type: list
    elements: str
    default: []
  notice:
    description:
      - The notice by which the departments concerned were told of the deployment; without one it is refused.
      - It is named in the plan, and when the run is armed the ledger notes it with the departments, computers and
        software numbers.
    type: str
    default: ""
extends_documentation_fragment:
  - zhengban.baseline.common
attributes:
  diff_mode:
    description: Shows what changes when run with C(--diff).
    support: none
"""

EXAMPLES = r"""
- name: Plan the deployment of two products
  zhengban.baseline.deploy:
    install: [FREE-0004]
    remove: [FREE-0009]
    notice: 2026-通知-031
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
  description: Department of the computer's user, which the notice concerns; empty when nobody uses it.
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
