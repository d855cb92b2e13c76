# SPDX-License-Identifier: Apache-2.0
"""A draft of the software lists as YAML, each entry with its evidence above it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from zhengban.documents.schemas import accepts_text, read_schema
from zhengban.documents.yamlline import comment, scalar
from zhengban.host.version import VersionError, parse_range
from zhengban.model.facts import PlatformFacts
from zhengban.model.policy import Policy

from .draft import DraftEntry, DraftPackage, DraftPolicy, is_usable

_NUMBER = re.compile("FREE-([0-9]{1,15})")

_SHOWN = 3

_HEADER = """\
# A draft of what computers have today (computers: {computers}). Delete what is not allowed, correct the rest, then keep
# the file in policies/. 根据{computers}台计算机的现状生成的草稿：删除不允许使用的软件，修正其余各项后放入 policies/。
# - Everything is listed as free software of category "other": that is a guess. What was bought belongs into
#   commercial.yml with its lots, what came with a computer into oem.yml. 类型和类别均为推测：商业软件移入
#   commercial.yml 并填写许可，随机预装软件移入 oem.yml。
# - Write vendor, made_in (domestic 国内 | foreign 国外), source and reason: forms 5 and 6 ask for them.
#   请补充厂商、国内国外、来源和使用原因（附件5、6）。
# - What an entry depends on is approved with it and is not listed. 依赖的软件包随之许可，不单独列出。
"""
_WITHOUT_BASE = """\
# - Computers whose operating system has no base list: {count}. Its own packages are listed here. Make one first:
#   zhengban policy base --from COMPUTER. 其中{count}台的操作系统没有基础包清单，请先生成清单再生成本草稿。
"""
_CHOSEN = "# Installed by name 按名称安装的软件"
_LEFT = """\
# Came automatically, and nothing listed needs it: recommended by something, or left behind
# 自动安装而无软件依赖：推荐安装或卸载后的残留"""
_UNUSABLE = "# Not listed, no entry can hold such a name 名称不可用:"


def write_draft(draft: DraftPolicy, policy: Policy, books: Iterable[str]) -> str:
    """The draft as a file of the policy, valid beside the files there are.

    Args:
        policy: the policy it is to be added to, for names and numbers that are taken.
        books: the numbers the ledger has books of: a number is never used again.

    Returns:
        YAML text; ``software: []`` when nothing is left to list.
    """
    writing = _Writing(policy, books)
    lines = _HEADER.format(computers=draft.computers).splitlines()
    if draft.without_base:
        lines += _WITHOUT_BASE.format(count=draft.without_base).splitlines()
    entries = list(writing.entries(draft))
    lines += ["software:", *entries] if entries else ["software: []"]
    if draft.unusable:
        lines += ["", _UNUSABLE, *(f"#   {comment(name)}" for name in draft.unusable)]
    return "\n".join(lines) + "\n"


class _Writing:
    def __init__(self, policy: Policy, books: Iterable[str]) -> None:
        taken = (*policy.product_by_number, *books)
        used = (int(found[1]) for found in map(_NUMBER.fullmatch, taken) if found)
        self._last = max(used, default=0)
        self._names = {product.name for product in policy.products if product.type == "free"}

    def entries(self, draft: DraftPolicy) -> Iterator[str]:
        systems: dict[str, list[tuple[PlatformFacts, int]]] = {}
        for platform, computers in draft.systems:
            systems.setdefault(platform.id, []).append((platform, computers))
        for name, versions in systems.items():
            yield from self._system(name, versions, draft.computers)
        for title, entries in ((_CHOSEN, draft.chosen), (_LEFT, draft.left)):
            if entries:
                yield ""
                yield title
            for entry in entries:
                yield from self._entry(entry, draft.computers)

    def _system(self, name: str, versions: list[tuple[PlatformFacts, int]], total: int) -> Iterator[str]:
        if not is_usable(name):
            yield f"# an operating system that no entry can hold 操作系统名称不可用: {comment(name)}"
            return
        for platform, computers in versions:
            yield f"# {computers}/{total} 台: {comment(platform.name or platform.id)}"
        yield from self._head(name, "os")
        for platform, _computers in versions:
            wanted = f"={platform.version}"
            limit = f", versions: {scalar(wanted)}" if _is_range("platform", wanted) else ""
            yield f"  - {{manager: platform, name: {scalar(name)}{limit}}}"

    def _entry(self, entry: DraftEntry, total: int) -> Iterator[str]:
        for package in entry.packages:
            yield f"# {package.computers}/{total} 台, {package.manager}: {comment(package.versions)}"
        if entry.recommended_by:
            names = ", ".join(entry.recommended_by[:_SHOWN]) + (", …" if len(entry.recommended_by) > _SHOWN else "")
            yield f"# recommended by 推荐它的软件包: {comment(names)}"
        yield from self._head(entry.name, "other")
        for package in entry.packages:
            yield f"  - {{manager: {package.manager}, name: {scalar(entry.name)}{_publisher(package)}}}"

    def _head(self, name: str, category: str) -> Iterator[str]:
        self._last += 1
        yield f"- name: {scalar(self._free_name(name))}"
        yield f"  number: FREE-{self._last:04}"
        yield "  type: free"
        yield f"  category: {category}"
        yield "  packages:"

    def _free_name(self, name: str) -> str:
        """The name, or with a count behind it when an entry has it already (N7: one name is one number)."""
        candidate, count = name, 1
        while candidate in self._names:
            count += 1
            candidate = f"{name} ({count})"
        self._names.add(candidate)
        return candidate


def _publisher(package: DraftPackage) -> str:
    text = package.publisher
    if not text or "*" in text or "?" in text or not _selector_takes("publisher", text):
        return ""
    return f", publisher: {scalar(text)}"


def _is_range(manager: str, text: str) -> bool:
    try:
        return len(parse_range(manager, text)) == 1 and _selector_takes("versions", text)
    except VersionError:
        return False


def _selector_takes(key: str, text: str) -> bool:
    selector = read_schema("software")["properties"]["software"]["items"]["properties"]["packages"]["items"]
    return accepts_text(selector["properties"][key], text)
