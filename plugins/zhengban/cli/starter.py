# SPDX-License-Identifier: Apache-2.0
"""The files of a new workspace. They pass ``zhengban validate`` as they are, and change nothing on any computer."""

from __future__ import annotations

import json


def starter_files(organisation: str) -> dict[str, str]:
    """Text by path below the workspace, in the order they are written.

    Args:
        organisation: its name, one printable line.

    Source: DESIGN 2, 8 (``init`` writes audit, every action ``report``, grace 30, guard audit).
    """
    # A JSON string is a YAML string too, whatever the name holds.
    named = _ORGANISATION.replace("ORGANISATION", json.dumps(organisation, ensure_ascii=False))
    return {
        ".gitignore": _GITIGNORE,
        "policies/baseline.yml": _BASELINE,
        "policies/platforms.yml": _PLATFORMS,
        "policies/commercial.yml": _COMMERCIAL,
        "policies/oem.yml": _OEM,
        "policies/free.yml": _FREE,
        "ansible.cfg": _ANSIBLE,
        ".gitattributes": _GITATTRIBUTES,
        "inventories/hosts.yml": _HOSTS,
        "inventories/register/organisation.yml": named,
        "inventories/register/departments.yml": _DEPARTMENTS,
        "inventories/register/people.yml": _PEOPLE,
        "inventories/register/computers.yml": _COMPUTERS,
    }


_GITIGNORE = """\
# Caches that zhengban writes; what happened is in ledger/, which belongs into version control.
/facts/
/plans/
# Of this copy alone, also while a checkout has taken ledger/.gitignore along.
/ledger/.heads/
/ledger/.locks/
/ledger/.writer
/ledger/pending/
"""

_BASELINE = """\
# How computers are judged, and what may be done about it. 基线设置：如何判定、如何处理。
baseline:
  name: office
  mode: audit                     # audit 只审计不更改 | enforce 可更改
  # Enforce one part of the organisation first. 可先在部分范围启用：
  # modes: [{for: {departments: [D01]}, mode: enforce}]
  actions:                        # what to do about each kind of finding 按问题类型处理
    unlisted: report              # report | remove     清单外软件
    out_of_scope: report          # report | remove     超范围使用
    retired: report               # report | remove     已停用软件
    forbidden: report             # report | remove     禁用软件
    version_not_allowed: report   # report | upgrade | remove   版本不符
    missing_required: report      # report | install    缺少必装软件
    upgrade_due: report           # report | upgrade    待升级
    private_removal: report       # report | restore    擅自卸载
  grace_days: 30                  # from the first detection 自首次发现起的宽限天数
  limits:                         # how much may leave before a person has to look 超过上限须人工确认
    removals_per_computer: 5
    computers_per_run: 20%
    window: 24h
  protect: [openssh-server]       # never removed 受保护，不卸载
  guard:
    mode: audit
    message: ""                   # shown to a person who was blocked 阻止时的提示，如“请联系信息中心”
"""

_PLATFORMS = """\
# What belongs to an operating system, so that its packages need no lines of their own. 操作系统自带的软件包。
# Without a list of them, every package of a Debian computer is reported as unlisted. Make the list once: run
#   zhengban facts collect --output reference.json
# on a freshly installed reference computer, then here
#   zhengban policy base --from reference.json --output policies/bases/debian-12.yml
# read the list through, and let "from" below name it.
# 在一台全新安装的标准机上生成一次清单，人工审核后纳入版本管理；并启用下面的 from 一行。
platforms:
- number: FREE-0001
  manager: dpkg
  base:
    # from: bases/debian-12.yml
    names: ["firmware-*", "linux-image-*"]
"""

_COMMERCIAL = """\
# 商业软件. A product is a name and a version; each purchase of it is a lot with its own software number (N1, N2).
software: []
# - name: WPS Office
#   version: "2019"               # 软件版本
#   type: commercial
#   category: office              # os | office | antivirus | other | component
#   vendor: 金山办公
#   made_in: domestic             # domestic 国内 | foreign 国外
#   lots:
#   - number: COM-0001            # 软件编号
#     purchased_on: 2024-03-11    # 采购时间
#     amount: 3480.00             # 采购金额（元）
#     licence_type: volume        # site 场地 | volume 批量 | seat 单机 | subscription 订阅 | other
#     quantity: 6                 # 许可数量, or unlimited
#     term: perpetual             # 许可期限, or {from: 2024-03-11, until: 2027-03-10}
#   packages:
#   - {manager: dpkg, name: wps-office, versions: ">=11.1, <12"}
#   state: allowed                # required 必装 | allowed 允许 | retired 停用 | forbidden 禁用
#   for: {departments: [D01]}     # absent: everyone 省略即全单位
"""

_OEM = """\
# OEM软件, preinstalled and never leaving its computer: a number, but no purchase, quantity or term (N5).
software: []
# - name: 银河麒麟桌面操作系统
#   version: V10
#   type: oem
#   category: os
#   vendor: 麒麟软件
#   made_in: domestic
#   number: OEM-0001
#   packages:
#   - {manager: platform, name: kylin, versions: "=V10"}
"""

_FREE = """\
# 可使用免费软件清单 (form 6): one number for a name, whatever the version (N6, N7).
software:
- name: Debian                    # the operating system is software too 操作系统也是软件
  number: FREE-0001
  type: free
  category: os
  vendor: Debian
  made_in: foreign
  packages:
  - {manager: platform, name: debian, versions: ">=12, <13"}
# - name: 7-Zip
#   number: FREE-0002
#   type: free
#   category: other
#   vendor: Igor Pavlov
#   made_in: foreign
#   reason: 压缩与解压文件          # 使用原因
#   packages:
#   - {manager: dpkg, name: p7zip-full}
"""

_ANSIBLE = """\
# Used by ansible-playbook when it is started in this directory. 在本目录运行 ansible-playbook 时生效。
[defaults]
inventory = inventories/hosts.yml

[inventory]
# A register that cannot be read must not pass for a fleet without computers.
# 登记册读不出时必须报错，不能当作没有计算机。
any_unparsed_is_failed = true
"""

_GITATTRIBUTES = """\
# Ledger lines are hashed by their bytes, and two branches may both append.
# 台账按字节校验，分支合并时两边的行都保留。
# After merging branches: zhengban ledger merge. 合并分支后运行该命令核对。
ledger/** -text merge=union
"""

_HOSTS = """\
# The register is the inventory. Always -i inventories/hosts.yml, never the directory. 由登记册生成主机清单。
plugin: zhengban.baseline.computers
"""

_ORGANISATION = """\
# The body that keeps one ledger. 建立台账的单位。
organisation:
  name: ORGANISATION
  timezone: Asia/Shanghai
  # responsible_department: D01   # 责任部门
  # filled_by: E0001              # 填表人
  refresh_days: 183               # forms 7 and 8 at least every half year (L6, L7) 汇总表、明细表更新周期
"""

_DEPARTMENTS = """\
# 部门. Ids never change; old names go to "formerly", and scopes accept them.
departments: []
# - {id: D01, name: 办公室, head: E0001, formerly: []}
"""

_PEOPLE = """\
# 人员. "pledge" is the day the pledge (form 2) was signed 签署使用正版软件承诺书的日期.
people: []
# - {id: E0001, name: 张三, department: D01, title: 主任, phone: "", pledge: 2026-01-05}
"""

_COMPUTERS = """\
# 计算机. A computer whose identity is empty is only audited. 未登记机器身份的计算机只审计。
# kind: server 服务器 | desktop 台式机 | laptop 便携机; status: in_use 在用 | spare 备用 | scrapped 报废
computers: []
# - {number: PC-0001, names: {ansible: pc-0001}, brand: Lenovo, kind: desktop, user: E0001, status: in_use,
#    identity: {serial_number: "", machine_id: ""}, vars: {ansible_host: 192.0.2.7}}
"""
