# SPDX-License-Identifier: Apache-2.0
"""What a blocked person reads, in Chinese and English: why, whom to ask, and how to apply. Source: DOMAIN S4, I1."""

from typing import Dict, List, Sequence, Tuple

from .guard_decide import Reason
from .guard_spool import printable
from .guard_verdict import Verdict

_TITLES: Dict[str, Tuple[str, str]] = {
    "blocked": (
        "已阻止：不得自行安装、卸载或升级软件",
        "blocked: software is not installed, removed or upgraded privately",
    ),
    "audit": ("已记录（审核模式，未阻止）", "recorded, not blocked (audit mode)"),
    "open": ("已记录（防护临时开放）", "recorded, the guard is open for the moment"),
}
_REASONS: Dict[str, Tuple[str, str]] = {
    "unlisted": ("不在软件清单中", "is not in the software lists"),
    "forbidden": ("属于禁用软件", "is forbidden"),
    "retired": ("已停用", "is retired"),
    "out_of_scope": ("未批准用于本计算机", "is not approved for this computer"),
    "version_not_allowed": ("版本未获批准", "is not approved in this version"),
    "private_upgrade": ("商业软件不得自行升级", "would become another edition of commercial software"),
    "recorded": ("已登记在册，不得自行卸载", "is on record and not removed privately"),
    "required": ("属于必备软件，不得卸载", "is required on this computer"),
    "protected": ("系统运行所需，不得卸载", "keeps this computer running and reachable"),
    "unreadable": ("无法读取", "cannot be read"),
    "foreign_database": ("不得用其他数据库修改本系统", "would change this system behind its package database"),
    "table_missing": ("防护策略缺失，只放行系统修复", "the guard's table is missing: only repairs pass"),
    "table_corrupt": ("防护策略损坏，只放行系统修复", "the guard's table is damaged: only repairs pass"),
    "protocol": ("无法理解软件包管理器的说明", "the package manager's description is not understood"),
}
_SHOWN = 20


def explain(verdict: Verdict) -> str:
    """The whole message, lines ending in newlines; text of any origin is made printable."""
    lines: List[str] = []
    for title in _TITLES[verdict.word]:
        lines.append("zhengban 正版: {}".format(title))
    for reason in verdict.reasons[:_SHOWN]:
        chinese, english = _REASONS[reason.code]
        what = " ".join(part for part in (reason.package, reason.version) if part)
        label = " ({})".format(reason.label) if reason.label else ""
        lines.append("  {}{}: {} / {}".format(printable(what) or "zhengban", printable(label), chinese, english))
    if len(verdict.reasons) > _SHOWN:
        lines.append("  … +{}".format(len(verdict.reasons) - _SHOWN))
    if verdict.word == "blocked":
        lines += _what_to_do(verdict)
    return "".join(line + "\n" for line in lines)


def summarise(reasons: Sequence[Reason]) -> str:
    """The reasons on one line, for the spool."""
    return "; ".join(
        " ".join(part for part in (reason.code, reason.package, reason.version, reason.label) if part)
        for reason in reasons[:_SHOWN]
    )


def _what_to_do(verdict: Verdict) -> List[str]:
    lines = []
    if verdict.message:
        lines.append("请联系 / ask: {}".format(printable(verdict.message)))
    if any(reason.code.startswith("table_") for reason in verdict.reasons):
        lines.append("管理员请重新运行 guard 剧本 / administrators: run the playbook guard again")
        return lines
    verb = "remove" if all(r.code in ("recorded", "required", "protected") for r in verdict.reasons) else "install"
    if all(reason.code == "private_upgrade" for reason in verdict.reasons):
        verb = "upgrade"
    number = printable(verdict.computer)
    lines.append("申请（附件10）/ apply (form 10):")
    lines.append("  zhengban request new --computer {} --{} NUMBER --applicant ID --reason TEXT".format(number, verb))
    return lines
