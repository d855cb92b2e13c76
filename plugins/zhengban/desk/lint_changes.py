# SPDX-License-Identifier: Apache-2.0
"""What could not be carried out, and what ends soon: installs, silent removals, exceptions. Source: DESIGN 2, 9."""

from __future__ import annotations

from collections.abc import Iterator

from zhengban.model.policy import Manager, Product, Selector

from .census import Census, Reach
from .lint import Day, Lint, make_lint

# They fetch a package by its name; for the others the entry says where it comes from.
_WITH_REPOSITORY: tuple[Manager, ...] = ("dpkg", "rpm", "snap", "flatpak")


def lint_changes(census: Census, day: Day) -> Iterator[Lint]:
    """Yield required software that cannot be installed, Windows software that cannot leave, exceptions that end."""
    for product, reach in zip(census.policy.products, census.reaches, strict=True):
        if product.state == "required" and all(selector.manager != "platform" for selector in product.packages):
            yield from _required(product, reach, census)
        yield from _uninstalls(product, census)
    for exception, excuse in zip(census.policy.exceptions, census.excuses, strict=True):
        left = (exception.until - day.today).days
        if left < 0:
            message = f"it ended on {exception.until}; what it excused is a finding again"
            remedy = "delete it, or have it approved again"
            yield make_lint("exception_expired", exception.place, exception.label, message, remedy)
        elif left <= day.near_days:
            message = f"it ends on {exception.until}, " + (f"in {left} days" if left else "today")
            remedy = "remove the package by then, or have it approved again"
            yield make_lint("exception_expires", exception.place, exception.label, message, remedy)
        if left >= 0 and excuse.computers and not excuse.named:
            message = f"none of the computers it is for that have facts ({excuse.computers}) has it"
            yield make_lint("dead_exception", exception.place, exception.label, message, "delete it")


def _required(product: Product, reach: Reach, census: Census) -> Iterator[Lint]:
    if reach.without:
        managers = ", ".join(dict.fromkeys(selector.manager for selector in product.packages))
        message = (
            f"required, but computers it is for ({reach.without} of {reach.computers} with facts) have no {managers}:"
            f" {', '.join(reach.examples)}{', …' if reach.without > len(reach.examples) else ''}"
        )
        remedy = "add a package for their manager, or narrow the scope"
        yield make_lint("required_without_package", product.place, product.label, message, remedy)
    for manager in dict.fromkeys(selector.manager for selector in product.packages):
        here = [selector for selector in product.packages if selector.manager == manager]
        if not _may_be_used(manager, census):
            continue
        if manager not in _WITH_REPOSITORY and not any(selector.install for selector in here):
            message = f"required, but nothing says where an install through {manager} comes from"
            remedy = "add install: {source: …, sha256: …, version: …}"
            yield make_lint("required_without_source", product.place, product.label, message, remedy)
        elif not any(selector.installable_name for selector in here):
            message = f"required, but its {manager} packages are named by patterns only, which cannot be installed"
            yield make_lint("required_by_pattern", product.place, product.label, message, "add an exact name first")


def _uninstalls(product: Product, census: Census) -> Iterator[Lint]:
    if not _may_be_used("windows", census):
        return
    for selector in product.packages:
        if selector.manager == "windows" and not _leaves_silently(selector):
            message = f"nothing says how to uninstall windows {selector.name!r} silently, and facts do not either"
            remedy = "add uninstall: {arguments: [/S]}, or an install source that is an .msi"
            yield make_lint("no_silent_uninstall", product.place, product.label, message, remedy)


def _leaves_silently(selector: Selector) -> bool:
    """Windows Installer removes what it installed without asking; of others, only arguments tell how."""
    source = selector.install.source if selector.install is not None else ""
    own = selector.uninstall
    return (own is not None and bool(own.arguments or own.source)) or source.lower().endswith(".msi")


def _may_be_used(manager: str, census: Census) -> bool:
    """Whether the fleet uses a manager; before anything was read it may."""
    return not census.read or manager in census.managers
