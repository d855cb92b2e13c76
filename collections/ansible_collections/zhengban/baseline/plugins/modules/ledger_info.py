# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller; this file is its documentation.

DOCUMENTATION = r"""
module: ledger_info
short_description: Say what the software ledger holds
version_added: 0.1.0
description:
  - Reads the ledger on the controller. No host is contacted and nothing is written.
  - Each option narrows the answer; without any of them it is about the whole ledger.
  - A line of the ledger that cannot be read fails the task, with what could be read in the result.
author:
  - The zhengban contributors (@zhengban)
options:
  computer:
    description:
      - Only what is about this computer, by its number or its Ansible host name. A computer that has left the register
        is known by its number as long as it has records.
    type: str
    default: ""
  number:
    description:
      - Only what is in the book of this software number, or in the books V(UNLISTED) and V(UNASSIGNED).
    type: str
    default: ""
  run:
    description:
      - Only what this run wrote, put on record or left open.
    type: str
    default: ""
  since:
    description:
      - Only what is dated this day or later, as V(2026-11-23), in the time zone of the organisation.
    type: str
    default: ""
  gather:
    description:
      - What to answer with. V(records) is every install, removal and correction ever written, V(installs) what is on
        record now, V(pending) the changes whose end is not in the ledger yet.
    type: list
    elements: str
    choices: [records, installs, pending]
    default: [records, installs, pending]
extends_documentation_fragment:
  - zhengban.baseline.common
attributes:
  diff_mode:
    description: Shows what changes when run with C(--diff).
    support: N/A
    details: Nothing is changed.
  platform:
    description: Systems the managed host can be.
    support: N/A
    details: The ledger is read on the controller.
    platforms: posix
notes:
  - Run it once, on C(localhost) or with C(run_once); the answer is the same for every host of a play.
seealso:
  - module: zhengban.baseline.recover
"""

EXAMPLES = r"""
- name: What happened to the software of the organisation this month
  zhengban.baseline.ledger_info:
    since: "2026-11-01"
    gather: [records]
  register: ledger
  delegate_to: localhost
  run_once: true

- name: Show who lost what
  ansible.builtin.debug:
    msg: "{{ item.record.date }} {{ item.record.computer }} {{ item.record.package }} {{ item.record.version }}"
  loop: "{{ ledger.records | selectattr('record.action', 'equalto', 'uninstall') }}"
  loop_control:
    label: "{{ item.book }}"
  run_once: true

- name: What is on record on one computer
  zhengban.baseline.ledger_info:
    computer: PC-0007
    gather: [installs]
  register: held

- name: Stop while a change is open
  zhengban.baseline.ledger_info:
    gather: [pending]
  register: open_changes
  failed_when: open_changes.pending | length > 0
"""

RETURN = r"""
records:
  description: The records that match, by book, in the order they were written.
  type: list
  elements: dict
  returned: when O(gather) has V(records)
  contains:
    book:
      description: The software number whose book has the record.
      type: str
      returned: success
      sample: COM-0001
    record:
      description:
        - The line of form 9, C(id), C(action) (V(install), V(uninstall) or V(correct)), C(computer), C(package),
          C(brand), C(user), C(user_id), C(department), C(version), C(date), C(quantity), C(cause), C(evidence), C(run)
          and C(by).
        - C(quantity) is 0 for what came or went with something else.
      type: dict
      returned: success
  sample:
    - book: COM-0001
      record:
        action: uninstall
        brand: Lenovo
        by: zhengban
        cause: baseline
        computer: PC-0007
        date: "2026-11-23"
        department: 财务处
        evidence: verified
        id: 20261123T093000Z-a3f01c/PC-0007/0
        package: dpkg:wps-office:amd64
        quantity: 1
        run: 20261123T093000Z-a3f01c
        user: 张三
        user_id: E0007
        version: 11.1.0.9000
installs:
  description: What is on record now, by computer, then package.
  type: list
  elements: dict
  returned: when O(gather) has V(installs)
  contains:
    computer:
      description: Number of the computer.
      type: str
      returned: success
    package:
      description: The package, with its manager and architecture.
      type: str
      returned: success
    number:
      description: The software number it is booked under.
      type: str
      returned: success
    version:
      description: The version on record.
      type: str
      returned: success
    quantity:
      description: The seats it takes; 0 when it came with something else.
      type: int
      returned: success
    date:
      description: The day of the record.
      type: str
      returned: success
    record:
      description: Id of the record that put it there.
      type: str
      returned: success
  sample:
    - computer: PC-0007
      date: "2026-11-23"
      number: COM-0001
      package: dpkg:wps-office:amd64
      quantity: 1
      record: 20261123T093000Z-a3f01c/PC-0007/1
      version: 11.1.0.11719
pending:
  description: The changes that are under way or that a run which was cut off has left open, by computer.
  type: list
  elements: dict
  returned: when O(gather) has V(pending)
  contains:
    id:
      description: Id of the change.
      type: str
      returned: success
    computer:
      description: Number of the computer.
      type: str
      returned: success
    run:
      description: The run that opened it.
      type: str
      returned: success
    at:
      description: When it was opened, in UTC.
      type: str
      returned: success
    numbers:
      description: The software numbers its records would be booked under.
      type: list
      elements: str
      returned: success
    packages:
      description: The packages concerned.
      type: list
      elements: str
      returned: success
    is_stale:
      description: Whether it has been open for so long that C(zhengban ledger release) may decide it.
      type: bool
      returned: success
  sample:
    - at: "2026-11-23T09:30:00Z"
      computer: PC-0008
      id: 20261123T093000Z-a3f01c/PC-0008
      is_stale: false
      numbers: [COM-0001, FREE-0002]
      packages: ["dpkg:wps-office:amd64", "dpkg:7zip:amd64"]
      run: 20261123T093000Z-a3f01c
msg:
  description: Every line that cannot be read, with its file and number.
  type: str
  returned: when the ledger is damaged
"""
