# SPDX-License-Identifier: Apache-2.0
"""Whether Windows would take AppLocker rules: their XML against the schema, before a computer is told.

Source: Microsoft, "AppLocker CSP", policy XSD schema, which ``applocker.xsd`` says in our words; DESIGN 10.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

from zhengban.model.errors import ZhengbanError

try:
    from lxml import etree
except ImportError as err:
    _IMPORT_ERROR: ImportError | None = err
else:
    _IMPORT_ERROR = None


def find_schema_errors(xml: str) -> tuple[str, ...]:
    """What the schema does not take of a policy as :meth:`AppLockerPolicy.xml` writes it, each with its line.

    Raises:
        ZhengbanError: lxml is not installed.
    """
    if _IMPORT_ERROR is not None:
        raise ZhengbanError(
            f"AppLocker's rules are checked with lxml ({_IMPORT_ERROR}): pip install 'zhengban[windows]' for the "
            "Python that runs this"
        )
    try:
        document = etree.fromstring(xml.encode())
    except etree.XMLSyntaxError as err:
        return (str(err),)
    schema = _schema()
    schema.validate(document)
    return tuple(f"line {entry.line}: {entry.message}" for entry in schema.error_log)


@lru_cache(maxsize=1)
def _schema() -> Any:
    with (files("zhengban.windows") / "applocker.xsd").open("rb") as stream:
        return etree.XMLSchema(etree.parse(stream))
