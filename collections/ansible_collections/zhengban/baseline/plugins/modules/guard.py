# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller; this file is its documentation.

DOCUMENTATION = r"""
module: guard
short_description: Block unapproved installs, removals and upgrades on a computer between runs
version_added: 0.1.0
description:
  - Compiles the policy for this computer into a table that only root can read, puts it on the host with hooks for apt
    and dpkg, a plugin for dnf 4 or an actions file for dnf 5, and proves them. What is as it should be stays as it is.
  - On Windows it is AppLocker's rules for programs and packages and three settings of Windows Installer, written
    through Ansible's winrm connection without PowerShell and read back. What was there before is kept on the host, and
    put back by V(absent). What may run is what C(programs) in the policy's packages names, Windows' own folder, and
    everything for administrators.
  - C(baseline.guard.mode) decides whether the guard blocks or only records, and C(baseline.guard.message) whom a
    blocked person is told to ask. A computer that was not adopted is only audited.
  - Run it again after every change of the policy, the register or the ledger; until then the host decides by the table
    it has.
  - What was tried is in the host's facts, and in the ledger after the next run of M(zhengban.baseline.plan) or
    M(zhengban.baseline.collect).
author:
  - The zhengban contributors (@zhengban)
extends_documentation_fragment:
  - zhengban.baseline.common
options:
  state:
    description:
      - V(present) puts the guard there in the policy's mode.
      - V(audit) puts it there and lowers the mode, so that it only records. Windows Installer cannot only record, so
        its settings are as they were.
      - V(absent) takes it away, but for attempts that were not collected yet.
    type: str
    choices: [present, audit, absent]
    default: present
notes:
  - On Windows the rules are written where Group Policy writes them. That Windows then enforces them was not tried; a
    domain's own AppLocker policy takes their place again. C(zhengban guard applocker) writes the same rules as XML.
  - Nothing stops C(rpm) itself, or a dnf that is told to load no plugins; the next run finds what they did.
  - PackageKit's daemon goes through apt's door. One that was running when the guard came has read apt's configuration
    before; until it ends, a few idle minutes later, only dpkg's door stops it, which knows nothing of what approved
    software brings along.
  - The door of dnf 5 needs its actions plugin (C(libdnf5-plugin-actions)) and Python; it was tried with dnf 5.4. dnf 5
    asks there when it has fetched everything, and without Python C(dnf5 --no-plugins install python3) repairs.
attributes:
  diff_mode:
    description: Shows what changes when run with C(--diff).
    support: full
"""

EXAMPLES = r"""
- name: Guard
  zhengban.baseline.guard:
"""

RETURN = r"""
computer:
  description: Number of the computer.
  type: str
  returned: success
mode:
  description: V(enforce) blocks, V(audit) only records; empty when the guard was taken away.
  type: str
  returned: success
changes:
  description: The files written or removed, or that would be; on Windows the values of the registry.
  type: list
  elements: str
  returned: success
doors:
  description:
    - For V(apt), V(dpkg), V(dnf), V(dnf5), V(applocker) and V(installer), as far as they are there, whether the door is
      V(shut), V(recorded), V(open), V(broken) or V(absent), and the state of the table. In check mode as it is.
  type: dict
  returned: success
needs_restart:
  description: Whether Windows has to be restarted before its rules count, because the service that reads them was off.
  type: bool
  returned: success
"""
