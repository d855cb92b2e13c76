# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, which asks the host; this file is its documentation.

DOCUMENTATION = r"""
module: software_info
short_description: Read what is installed on a host
version_added: 0.1.0
description:
  - Reads the package databases of a host directly and returns the document C(zhengban.facts/1), with the identity of
    the machine, a digest, and the dependencies between the installed packages.
  - A package manager that is there and cannot be read is listed as unread; its packages are never taken for absent.
author:
  - The zhengban contributors (@zhengban)
options:
  known_digest:
    description:
      - The digest the caller holds. When nothing has changed since, the answer has RV(facts.unchanged) and no packages.
    type: str
    default: ""
  outside:
    description:
      - Look for programs that no package owns too. Nothing is looked for without it.
    type: dict
    suboptions:
      kinds:
        description:
          - What to look for. V(programs) are executables and menu entries, V(pip) and V(npm) what these have installed.
        type: list
        elements: str
        choices: [programs, pip, npm]
        required: true
      seconds:
        description:
          - After which the look is given up; RV(facts.outside) then says so.
        type: int
        default: 20
attributes:
  check_mode:
    description: Can run in check mode; nothing is ever changed.
    support: full
  diff_mode:
    description: Shows differences.
    support: N/A
    details: Nothing is changed.
  platform:
    description: Systems the host can be.
    platforms: debian, rhel, windows
    support: full
notes:
  - A Windows host is read over the C(winrm) connection and needs the Python packages C(zhengban) and C(pywinrm) on the
    controller.
seealso:
  - module: ansible.builtin.package_facts
"""

EXAMPLES = r"""
- name: Read the installed software
  zhengban.baseline.software_info:
  register: software

- name: Read it again, only if something has changed
  zhengban.baseline.software_info:
    known_digest: "{{ software.facts.digest }}"
"""

RETURN = r"""
facts:
  description: The document C(zhengban.facts/1).
  type: dict
  returned: success
  contains:
    format:
      description: Always C(zhengban.facts/1).
      type: str
      returned: success
    host:
      description: The node name.
      type: str
      returned: success
    identity:
      description: C(serial_number) and C(machine_id) of the machine, empty where it has none to give.
      type: dict
      returned: success
    collected_at:
      description: When it was read, in UTC.
      type: str
      returned: success
      sample: "2026-11-23T09:30:00Z"
    platform:
      description: The operating system (C(id), C(version), C(name), C(id_like)), its C(arch) and the running C(kernel).
      type: dict
      returned: success
    managers:
      description: For each package manager found whether it was C(read), C(why) not, the C(count) and the C(digest).
      type: dict
      returned: success
      sample: {dpkg: {read: true, why: "", count: 770, digest: "0c2d…", arch: amd64}}
    digest:
      description: Digest over all managers; the same packages give the same digest.
      type: str
      returned: success
    unchanged:
      description: Present and true when the digest is O(known_digest).
      type: bool
      returned: when nothing has changed
    columns:
      description: What the fields of a row of RV(facts.packages) are.
      type: list
      elements: str
      returned: when something has changed
    packages:
      description: One row a package, sorted by manager, name, architecture and version.
      type: list
      elements: list
      returned: when something has changed
    removed:
      description:
        - What left the machine within the last 400 days and is not back, from the package manager's own log.
        - Rows of manager, name, architecture, version and UTC time, sorted; empty where the log cannot be read.
      type: list
      elements: list
      returned: when something has changed
    outside:
      description:
        - What was looked for outside packages (C(kinds)), whether all was seen (C(complete)), C(why) not.
        - C(rows) of kind, path, name, version and owner.
      type: dict
      returned: when O(outside) is given
    guard:
      description: The doors of the guard. Empty in this version.
      type: dict
      returned: success
    attempts:
      description: What the guard blocked. Empty in this version.
      type: list
      elements: dict
      returned: success
"""
