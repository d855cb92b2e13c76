# SPDX-License-Identifier: Apache-2.0
"""What the policy says about how packages come and leave, for hosts without repositories. Source: DESIGN 2, 9."""

from __future__ import annotations

from zhengban.model.plan import Means
from zhengban.model.policy import Selector

from .circumstances import Circumstances


def means_of_arrival(selector: Selector, *, replaces: str = "") -> Means | None:
    """How the package of a selector comes; None where its manager has repositories, or the policy does not say."""
    install = selector.install
    if install is None:
        return None
    return Means(
        package=selector.installable_name,
        source=install.source,
        sha256=install.sha256,
        arguments=install.arguments,
        version=install.version,
        arch=install.arch,
        replaces=replaces,
    )


def means_of_removal(where: Circumstances, row: int) -> Means | None:
    """How an installed package leaves, by the entry it fits; None where its own way will do."""
    package = where.facts.packages[row]
    found = where.compiled.match(package.manager, package.name, package.version, package.publisher)
    # What only looks like the product is not given to the product's uninstaller.
    uninstall = found.rule.selector.uninstall if found is not None and found.misfit in ("", "version") else None
    if uninstall is None:
        return None
    return Means(
        package=f"{package.name}:{package.arch}",
        source=uninstall.source,
        sha256=uninstall.sha256,
        arguments=uninstall.arguments,
    )
