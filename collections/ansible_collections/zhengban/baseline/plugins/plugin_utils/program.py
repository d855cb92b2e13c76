# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A question to the host code as one program text, which any Python 3.6 or later runs from a file or a pipe.

A module would bring C(AnsibleModule) along, and every host would spend more time on loading that than on its answer.
Nothing of it is asked here: the options were checked by the action, and the host code needs the standard library only.
"""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path

PACKAGE = "zhengban_host"
ANSWER = "zhengban-answer: "
"""Begins the line with the answer: shells and sudo may print before it."""

# The first lines have to be understood by any Python there ever was.
_PROGRAM = """\
import sys
if sys.version_info < (3, 6):
    sys.exit("this is Python " + sys.version.split()[0] + ", and 3.6 or later is needed: install it, or name it "
             "(ansible_python_interpreter)")
import base64, json, zlib
from importlib.machinery import ModuleSpec

FILES = json.loads(zlib.decompress(base64.b64decode("%(files)s")).decode("ascii"))


class Carried:
    def find_spec(self, name, path=None, target=None):
        file = name.replace(".", "/") + (".py" if "." in name else "/__init__.py")
        if file not in FILES:
            return None
        spec = ModuleSpec(name, self, origin=file, is_package="." not in name)
        spec.has_location = True
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(compile(FILES[module.__file__], module.__file__, "exec"), module.__dict__)

    def get_source(self, name):
        return FILES[self.find_spec(name).origin]


def main():
    sys.meta_path.insert(0, Carried())
    from %(package)s.questions import NoAnswer, answer
    try:
        said = {"answer": answer(*json.loads(%(question)r))}
    except NoAnswer as err:
        said = {"refused": str(err)}
    sys.stdout.write("\\n%(mark)s" + json.dumps(said) + "\\n")


main()
"""


def _pack():
    folder = Path(__file__).parents[1] / "module_utils" / "host"
    files = {f"{PACKAGE}/{path.name}": path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}
    return base64.b64encode(zlib.compress(json.dumps(files).encode("ascii"))).decode("ascii")


# Ansible's parent imports the actions once, and its workers inherit this.
_FILES = _pack()


def write_program(question, arguments, check=False):
    """The program that asks ``questions.answer`` and prints the line that :func:`read_answer` finds; ASCII bytes."""
    asked = json.dumps([question, arguments, check])
    text = _PROGRAM % {"files": _FILES, "package": PACKAGE, "question": asked, "mark": ANSWER}
    return text.encode("ascii")


def read_answer(stdout):
    """What the host said: ``{"answer": …}`` or ``{"refused": why}``; None when there is no such line."""
    for line in reversed(stdout.splitlines()):
        if line.startswith(ANSWER):
            try:
                return json.loads(line[len(ANSWER) :])
            except ValueError:
                return None
    return None
