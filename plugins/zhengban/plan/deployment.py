# SPDX-License-Identifier: Apache-2.0
"""What people order for a run instead of what findings ask for: deployments and requests. Source: DOMAIN I1, I2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from zhengban.model.cause import REQUEST
from zhengban.model.plan import Refusal
from zhengban.model.policy import PACKAGE_MANAGERS, Product

from .arrivals import install_wish, onward_wish, upgrade_wish
from .circumstances import Circumstances, Wish
from .wishes import product_of, removal_wish, sort_out, why_unavailable


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """What people ordered for this run: a unified deployment (统一部署), or what an approved request asks for.

    Numbers to install, upgrade or remove; what is removed may also be a package, ``manager:name``, listed or not. The
    ``notice`` the deployment rests on (I2) or the id of the ``request`` (I1). An upgrade under a request goes on to the
    number ``target``.
    """

    install: tuple[str, ...] = ()
    upgrade: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    notice: str = ""
    request: str = ""
    target: str = ""

    @property
    def cause(self) -> str:
        """The cause of the records."""
        return f"{REQUEST}{self.request}" if self.request else "deployment"

    @property
    def code(self) -> Literal["deployment", "request"]:
        """The code of its actions and refusals."""
        return "request" if self.request else "deployment"

    @property
    def because(self) -> str:
        return f"request {self.request}" if self.request else f"unified deployment, notice {self.notice}"


def wishes_of_deployment(where: Circumstances, order: Deployment) -> tuple[tuple[Wish, ...], tuple[Refusal, ...]]:
    """What a deployment or a request asks for; numbers that do not exist or are not for this computer are refused."""
    return sort_out(where, _ordered(where, order))


def _ordered(where: Circumstances, order: Deployment) -> Iterator[Wish | Refusal | None]:
    cause, code, because = order.cause, order.code, order.because
    installed = {number: install.row for install in where.assessment.installs for number in install.numbers}
    for number, kind in sorted(
        [(number, "install") for number in order.install]
        + [(number, "upgrade") for number in order.upgrade]
        + [(number, "remove") for number in order.remove]
    ):
        if is_package(number):
            for row in _rows_of(where, number):
                yield removal_wish(where, row, product_of(where, row), cause=cause, code=code, because=because)
            continue
        product = where.compiled.policy.product_by_number.get(number)
        # An upgrade under a request goes on to another entry: that one has to be for this computer.
        target = where.compiled.policy.product_by_number.get(order.target or number)
        if product is None or target is None:
            missing = number if product is None else order.target
            yield Refusal(package="", code=code, reason=f"no software has the number {missing!r}")
        elif kind == "remove":
            if number in installed:
                yield removal_wish(where, installed[number], product, cause=cause, code=code, because=because)
        elif reason := why_unavailable(where, target):
            yield Refusal(package="", code=code, reason=f"{order.target or number} {reason}")
        elif kind == "install":
            if number not in installed:
                yield install_wish(where, product, cause=cause, code=code, because=because)
        elif number not in installed:
            if target is product or order.target not in installed:
                yield Refusal(package="", code=code, reason=f"{number} {product.label} is not installed")
        else:
            wish = upgrade_wish(where, installed[number], cause=cause, code=code, because=because)
            yield onward_wish(where, _held(where, wish, product), target) if wish and target is not product else wish


def _held(where: Circumstances, wish: Wish, product: Product) -> Wish:
    """An upgrade that leaves the book its package is in."""
    return msgspec.structs.replace(wish, number=where.held_number(wish.package, product), lots=())


def is_package(ordered: str) -> bool:
    """Whether an order names a package of a manager, and not a software number."""
    return ordered.partition(":")[0] in PACKAGE_MANAGERS and ":" in ordered


def _rows_of(where: Circumstances, package: str) -> Iterator[int]:
    """The installed packages of that manager and name, every architecture."""
    manager, _colon, name = package.partition(":")
    for row, found in enumerate(where.facts.packages):
        if found.manager == manager and found.name == name:
            yield row
