# SPDX-License-Identifier: Apache-2.0
"""AppLocker's policy: types that hold no more than its schema takes, and the XML that Windows reads.

Every rule allows; what no rule allows, Windows does not start once a collection is enforced. There is no rule that
denies: it would hold for administrators as well, and with them for the uninstaller of what is forbidden.

Source: Microsoft, "AppLocker CSP", policy XSD schema; DESIGN 10.
"""

from __future__ import annotations

import uuid
from typing import Literal
from xml.etree import ElementTree

import msgspec

# Well-known: everybody, and the machine's administrators.
EVERYONE, ADMINISTRATORS = "S-1-1-0", "S-1-5-32-544"
_LONGEST_TEXT = 1024
# A name of this kind for each rule, so that the same rule has the same id on every computer and in every run.
_NAMESPACE = uuid.UUID("5b4cf0a5-7d2d-5f27-8f6e-3c7b0e7d9a10")

Collection = Literal["Exe", "Msi"]
Enforcement = Literal["AuditOnly", "Enabled"]


class SignedBy(msgspec.Struct, frozen=True, kw_only=True, tag="publisher"):
    """Files that one publisher has signed; ``*`` is any."""

    publisher: str
    product: str = "*"
    file: str = "*"
    lowest: str = "*"
    highest: str = "*"


class AtPath(msgspec.Struct, frozen=True, kw_only=True, tag="path"):
    """Files whose full path fits a pattern."""

    path: str


class WithDigest(msgspec.Struct, frozen=True, kw_only=True, tag="hash"):
    """One file, by the SHA-256 of what is signed in it: 64 hex digits."""

    sha256: str
    file: str = ""


Condition = SignedBy | AtPath | WithDigest


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What a group of accounts may start. A digest takes no exceptions: it is one file."""

    name: str
    group: str = EVERYONE
    condition: Condition
    exceptions: tuple[Condition, ...] = ()


class RuleCollection(msgspec.Struct, frozen=True, kw_only=True):
    """The rules for one kind of file; no two have the same group and condition."""

    type: Collection
    enforcement: Enforcement
    rules: tuple[Rule, ...]

    def elements(self) -> dict[str, str]:
        """Each rule as one line of XML, by its id, in the order of the rules."""
        found = {}
        for rule in self.rules:
            name = self._id(rule)
            found[name] = ElementTree.tostring(_rule_element(rule, name), encoding="unicode")
        return found

    def _id(self, rule: Rule) -> str:
        return str(uuid.uuid5(_NAMESPACE, msgspec.json.encode((self.type, rule.group, rule.condition)).decode()))


class AppLockerPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A collection of each type at most."""

    collections: tuple[RuleCollection, ...]

    def xml(self) -> str:
        """The document that ``Set-AppLockerPolicy -XmlPolicy`` and Group Policy take."""
        root = ElementTree.Element("AppLockerPolicy", Version="1")
        for collection in self.collections:
            attributes: dict[str, str] = {"Type": collection.type, "EnforcementMode": collection.enforcement}
            element = ElementTree.SubElement(root, "RuleCollection", attributes)
            element.extend(ElementTree.fromstring(text) for text in collection.elements().values())
        ElementTree.indent(root)
        return ElementTree.tostring(root, encoding="unicode") + "\n"


def _rule_element(rule: Rule, name: str) -> ElementTree.Element:
    kind, condition = _condition_element(rule.condition)
    attributes = {
        "Id": name,
        "Name": rule.name[:_LONGEST_TEXT],
        "Description": "",
        "UserOrGroupSid": rule.group,
        "Action": "Allow",
    }
    element = ElementTree.Element(f"File{kind}Rule", attributes)
    ElementTree.SubElement(element, "Conditions").append(condition)
    if rule.exceptions and not isinstance(rule.condition, WithDigest):
        # The order is the one the schema lists first for neither kind; any is taken.
        exceptions = ElementTree.SubElement(element, "Exceptions")
        exceptions.extend(_condition_element(item)[1] for item in rule.exceptions)
    return element


def _condition_element(condition: Condition) -> tuple[str, ElementTree.Element]:
    """The condition, and what rules of its kind are called by."""
    match condition:
        case SignedBy():
            names = {
                "PublisherName": condition.publisher,
                "ProductName": condition.product,
                "BinaryName": condition.file,
            }
            element = ElementTree.Element("FilePublisherCondition", names)
            bounds = {"LowSection": condition.lowest, "HighSection": condition.highest}
            ElementTree.SubElement(element, "BinaryVersionRange", bounds)
            return "Publisher", element
        case AtPath():
            return "Path", ElementTree.Element("FilePathCondition", {"Path": condition.path})
        case WithDigest():
            element = ElementTree.Element("FileHashCondition")
            file = {"Type": "SHA256", "Data": f"0x{condition.sha256.upper()}"}
            source = {"SourceFileName": condition.file} if condition.file else {}
            ElementTree.SubElement(element, "FileHash", file | source)
            return "Hash", element
