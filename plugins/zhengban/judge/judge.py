# SPDX-License-Identifier: Apache-2.0
"""The judgement of one computer. Source: DESIGN 4, DOMAIN S1-S4, S6, N1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhengban.model.facts import Facts, Package
from zhengban.model.finding import Assessment, Finding, Install, Verdict
from zhengban.model.policy import NOWHERE, Product
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy

from .approve import Ruling, rule_packages


def judge(compiled: CompiledPolicy, computer: Computer, facts: Facts | None) -> Assessment:
    """Judge one computer.

    Args:
        compiled: the policy as it applies to this computer.
        computer: its row in the register.
        facts: what it says about itself; None when it could not be asked.

    Returns:
        The verdict, findings sorted by (package, version, code) and the products recognised. A computer that could
        not be read, or a manager on it that could not, is ``unread``, never compliant.

    Raises:
        VersionError: a version its manager's own rules cannot order.

    Source: DESIGN 4.
    """
    if facts is None:
        unread = Finding(
            code="unread",
            computer=computer.number,
            clauses=("S6",),
            message="the computer could not be read",
            remedy="make it reachable and collect its facts",
        )
        return Assessment(computer=computer.number, verdict="unread", findings=(unread,), installs=(), approved_rows=())
    rulings = rule_packages(compiled, facts)
    findings = [
        *_about_the_computer(computer, facts),
        *_unread_managers(computer, facts),
        *_platform(compiled, computer, facts),
        *(
            _about_package(computer, facts.packages, row, ruling)
            for row, ruling in enumerate(rulings)
            if not ruling.is_approved
        ),
        *_missing(compiled, computer, facts, rulings),
    ]
    findings.sort(key=lambda finding: (finding.package, finding.version, finding.code))
    return Assessment(
        computer=computer.number,
        verdict=_verdict(findings),
        findings=tuple(findings),
        installs=tuple(_installs(compiled, facts, rulings)),
        approved_rows=tuple(row for row, ruling in enumerate(rulings) if ruling.is_approved),
    )


def _verdict(findings: list[Finding]) -> Verdict:
    if any(finding.code != "unread" for finding in findings):
        return "violating"
    return "unread" if findings else "compliant"


def _about_the_computer(computer: Computer, facts: Facts) -> Iterator[Finding]:
    if not computer.is_adopted:
        yield Finding(
            code="not_adopted",
            computer=computer.number,
            clauses=("L5",),
            message="the register holds no identity of this computer, so it is only audited",
            remedy="write its identity into the register (inventories/register/computers.yml)",
        )
        return
    for part, expected, answered in _differences(computer, facts):
        yield Finding(
            code="identity_mismatch",
            computer=computer.number,
            clauses=("L5",),
            message=f"the host answers with {part} {answered!r}, the register says {expected!r}",
            remedy="find out which machine this is; no action is taken on it until the register is right",
        )


def answers_for(computer: Computer, facts: Facts) -> bool:
    """Whether the machine that answered is the one in the register: every field the register knows must match."""
    return not any(True for _difference in _differences(computer, facts))


def _differences(computer: Computer, facts: Facts) -> Iterator[tuple[str, str, str]]:
    for part in ("serial_number", "machine_id"):
        expected, answered = getattr(computer.identity, part), getattr(facts.identity, part)
        if expected and expected != answered:
            yield part, expected, answered


def _unread_managers(computer: Computer, facts: Facts) -> Iterator[Finding]:
    if not facts.managers:
        yield Finding(
            code="unread",
            computer=computer.number,
            clauses=("S6",),
            message="no package manager was found on the computer",
            remedy="what is installed there is unknown; look at it by hand",
        )
    for manager, state in sorted(facts.managers.items()):
        if not state.read:
            yield Finding(
                code="unread",
                computer=computer.number,
                package=manager,
                clauses=("S6",),
                message=f"{manager} is on the computer and could not be read: {state.why}",
                remedy="repair it and collect the facts again; what it holds counts as unknown",
            )


def _platform(compiled: CompiledPolicy, computer: Computer, facts: Facts) -> Iterator[Finding]:
    platform = facts.platform
    found = compiled.match("platform", platform.id, platform.version, None)
    package = f"platform:{platform.id}:"
    if found is None:
        yield Finding(
            code="unlisted",
            computer=computer.number,
            package=package,
            version=platform.version,
            clauses=("S2", "S3"),
            message=f"the operating system {platform.name or platform.id} is not in the software lists",
            remedy="list it with a platform package, or install an approved one",
        )
        return
    product = found.rule.product
    common: dict[str, Any] = {
        "computer": computer.number,
        "package": package,
        "version": platform.version,
        "place": product.place,
    }
    number = product.numbers[0] if product.numbers else ""
    if product.state in ("forbidden", "retired") and not found.misfit and found.rule.in_scope:
        yield Finding(
            code="forbidden" if product.state == "forbidden" else "retired",
            number=number,
            clauses=("S2", "S3"),
            message=f"the operating system {product.label} is {product.state}",
            remedy="install an approved operating system",
            **common,
        )
    elif found.misfit:
        yield Finding(
            code="version_not_allowed",
            number=number,
            clauses=("S2", "S3"),
            message=f"{product.label} is approved as {found.rule.selector.versions!r}, not in {platform.version!r}",
            remedy="upgrade the operating system, or extend the range",
            **common,
        )
    elif not found.rule.in_scope:
        yield Finding(
            code="out_of_scope",
            number=number,
            clauses=("S2", "S3"),
            message=f"{product.label} is not for this computer",
            remedy="install an approved operating system, or extend the scope",
            **common,
        )


def _about_package(computer: Computer, packages: tuple[Package, ...], row: int, ruling: Ruling) -> Finding:
    package = packages[row]
    found = ruling.match
    product = found.rule.product if found else None
    common: dict[str, Any] = {
        "computer": computer.number,
        "package": package.ref,
        "version": package.version,
        "place": product.place if product else NOWHERE,
        "number": product.numbers[0] if product and product.numbers else "",
    }
    if ruling.verdict == "forbidden":
        assert product is not None
        return Finding(
            code="forbidden",
            clauses=("S1", "S3"),
            message=f"{product.label} is forbidden",
            remedy="remove it",
            **common,
        )
    if ruling.verdict == "retired":
        assert product is not None
        return Finding(
            code="retired",
            clauses=("S3", "C6"),
            message=f"{product.label} is retired",
            remedy="remove it or move to its successor",
            **common,
        )
    if ruling.verdict == "version":
        assert found is not None and product is not None
        return Finding(
            code="version_not_allowed",
            clauses=("S3", "N1"),
            message=f"{product.label} is approved as {found.rule.selector.versions!r}, not in {package.version!r}",
            remedy="upgrade it into the approved range",
            **common,
        )
    if ruling.verdict == "out_of_scope":
        assert product is not None
        return Finding(
            code="out_of_scope",
            clauses=("S1", "S3"),
            message=f"{product.label} is not approved for this computer",
            remedy="remove it, or extend the entry's scope",
            **common,
        )
    message = "neither listed, nor part of the operating system, nor needed by approved software"
    if found is not None and product is not None:
        condition = found.rule.selector.publisher or found.rule.selector.signer
        message = f"looks like {product.label} but its {found.misfit} is {package.publisher!r}, not {condition!r}"
    return Finding(code="unlisted", clauses=("S1", "S3"), message=message, remedy="remove it, or list it", **common)


def _missing(
    compiled: CompiledPolicy, computer: Computer, facts: Facts, rulings: tuple[Ruling, ...]
) -> Iterator[Finding]:
    # A look-alike with a wrong publisher is not the product.
    present = {
        id(ruling.match.rule.product)
        for ruling in rulings
        if ruling.match is not None and ruling.match.misfit in ("", "version")
    }
    unread = {manager for manager, state in facts.managers.items() if not state.read}
    for product in compiled.required:
        if id(product) in present or any(selector.manager == "platform" for selector in product.packages):
            continue
        managers = [selector.manager for selector in product.packages]
        if unread.intersection(managers):
            continue
        wanted = next((item for item in product.packages if item.manager in facts.managers), product.packages[0])
        yield Finding(
            code="missing_required",
            computer=computer.number,
            package=f"{wanted.manager}:{wanted.name}:",
            number=product.numbers[0],
            clauses=("S2", "S6") if product.category in ("os", "office", "antivirus") else ("S6",),
            place=product.place,
            message=f"{product.label} is required and not installed",
            remedy="install it",
        )


def _installs(compiled: CompiledPolicy, facts: Facts, rulings: tuple[Ruling, ...]) -> Iterator[Install]:
    rows_of: dict[tuple[int, int], int] = {}
    for row, ruling in enumerate(rulings):
        if ruling.match is not None and ruling.match.misfit in ("", "version"):
            key = (id(ruling.match.rule.product), id(ruling.match.rule.selector))
            rows_of.setdefault(key, row)
    for product in compiled.policy.products:
        for selector in product.packages:
            found = rows_of.get((id(product), id(selector)))
            if found is not None:
                yield _install(product, found, facts.packages[found])
                break


def _install(product: Product, row: int, package: Package) -> Install:
    return Install(
        row=row,
        package=package.ref,
        version=package.version,
        product=product.name,
        label=product.version,
        numbers=product.numbers,
    )
