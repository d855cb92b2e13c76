# SPDX-License-Identifier: Apache-2.0
"""Installs that came from a form, and the packages they are once their computer is adopted. Source: DESIGN 8."""

from __future__ import annotations

from collections.abc import Mapping

from zhengban.model.policy import Product
from zhengban.model.record import Holding

_FORM = "form:"


def form_package(number: str) -> str:
    """The package of an install that a form states, which says no more of it than the software number."""
    return f"{_FORM}{number}:any"


def stated_by_form(held: Mapping[str, Holding], product: Product | None) -> str:
    """The package of a product that a form states on a computer; empty where none does.

    Args:
        held: what is on record there, by package.
    """
    numbers = product.numbers if product is not None else ()
    return next((form_package(number) for number in numbers if form_package(number) in held), "")
