# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from zhengban.model.policy import Manager, Place, Product, Selector
from zhengban.policy import check
from zhengban.policy.check import check_products


def _pick(name: str, versions: str = "", publisher: str = "", manager: Manager = "dpkg", signer: str = "") -> Selector:
    return Selector(manager=manager, name=name, versions=versions, publisher=publisher, signer=signer)


def _problems(*selectors: Selector) -> list[str]:
    products = (
        Product(
            name=f"P{index}",
            type="free",
            category="other",
            number=f"FREE-{index}",
            packages=(selector,),
            place=Place(file="f.yml", line=index),
        )
        for index, selector in enumerate(selectors, start=1)
    )
    return [str(problem) for problem in check_products(products)]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (_pick("vim"), _pick("vim")),
        (_pick("vim", ">=8, <9"), _pick("vim", ">=8.5")),
        (_pick("vim*"), _pick("vim-tiny*")),
        (_pick("vim-tiny*"), _pick("vim*")),
        (_pick("*"), _pick("vim*")),
        (_pick("vim-?"), _pick("vim-*")),
        (_pick("WPS", manager="windows"), _pick("wps", manager="windows")),
        (_pick("WPS*", "", "Kingsoft*", "windows"), _pick("wps office*", "", "KINGSOFT CORP", "windows")),
        (_pick("WPS*", "", "Kingsoft*", "windows"), _pick("WPS*", "", "", "windows")),
        (_pick("vim", signer="*", manager="rpm"), _pick("vim", signer="Red*", manager="rpm")),
    ],
)
def test_two_products_that_match_one_package_equally_are_an_error(a: Selector, b: Selector) -> None:
    (problem,) = _problems(a, b)
    assert problem.startswith("f.yml:2:1: P2: 'P1', f.yml:1, matches ")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (_pick("vim"), _pick("vim-tiny")),
        (_pick("vim"), _pick("vim*")),
        (_pick("vim", "<9"), _pick("vim", ">=9")),
        (_pick("vim"), _pick("vim", manager="rpm")),
        (_pick("Vim"), _pick("vim")),
        (_pick("a*"), _pick("b*")),
        (_pick("a*"), _pick("*b")),
        (_pick("WPS*", "", "Kingsoft*", "windows"), _pick("WPS*", "", "Zhuhai*", "windows")),
        (_pick("vim", signer="A", manager="rpm"), _pick("vim", signer="B", manager="rpm")),
    ],
)
def test_products_that_can_be_told_apart_are_not(a: Selector, b: Selector) -> None:
    assert _problems(a, b) == []


def test_one_pair_is_reported_once() -> None:
    both = (_pick("vim"), _pick("vi"))
    products = tuple(
        Product(name=name, type="free", category="other", number=name, packages=both) for name in ("A", "B", "C")
    )
    assert len(check_products(products)) == 3


def test_one_product_may_name_a_package_twice() -> None:
    packages = (_pick("vim", "<8"), _pick("vim"), _pick("vim*"))
    product = Product(name="Vim", type="free", category="other", number="FREE-1", packages=packages)
    assert check_products([product]) == ()


@pytest.mark.parametrize("name", ["vim", "*-{}"])
def test_too_many_entries_about_one_name_are_refused_not_compared(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing each of thousands with all the others would take hours."""
    monkeypatch.setattr(check, "MAX_COMPARISONS", 10_000)
    claims = [_pick(name.format(index), f"={index}") for index in range(101)]
    assert _problems(*claims[:100]) == []
    (problem,) = _problems(*claims)
    assert problem.startswith("f.yml:100:1: P100: too many entries are about packages like dpkg ")
