# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from zhengban.documents.yamlline import comment, scalar
from zhengban.documents.yamltext import Mapping, Scalar, Sequence, parse_yaml

HOSTILE = st.text(max_size=30) | st.sampled_from(
    [
        "no",
        "~",
        "- a",
        "a: b",
        "a #b",
        "# x",
        "&a",
        "*",
        "!t",
        "%",
        "@",
        "'",
        '"',
        "\\",
        "1.0",
        "\n- b",
        "\x85",
        "﻿x",
        "<<",
    ]
)


@given(HOSTILE)
@example("a\n  - injected")
@example("\u2028- injected")
@example("]}, {manager: dpkg, name: *")
def test_a_scalar_is_read_as_the_text_it_was(text: str) -> None:
    written = f"names:\n- {scalar(text)}  # x\n- {{name: {scalar(text)}}}\n"
    root, problems = parse_yaml(written, shown_as="x.yml")
    assert problems == ()
    assert isinstance(root, Mapping)
    listed = root.items["names"]
    assert isinstance(listed, Sequence)
    assert len(listed.items) == 2
    assert isinstance(listed.items[0], Scalar)
    assert listed.items[0].text == text
    # Other readers take it for a text too, not for a number or a boolean.
    assert yaml.safe_load(written)["names"] == [text, {"name": text}]


@given(HOSTILE)
@example("1.0\nsoftware: []")
@example("\ud800")
def test_a_comment_stays_in_its_line(text: str) -> None:
    written = f"a: b  # {comment(text)}\n"
    written.encode()
    root, problems = parse_yaml(written, shown_as="x.yml")
    assert problems == ()
    assert isinstance(root, Mapping)
    assert list(root.items) == ["a"]
