# SPDX-License-Identifier: Apache-2.0
"""Hosts with flatpak, and tiny apps and runtimes that each builds for itself into a local repository.

Nothing is run in a sandbox: building, exporting and installing need none. Source: flatpak-build-export(1),
flatpak-metadata(5).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .hosts import Host
from .image import Recipe

FLATPAK = Recipe(packages=("flatpak",))
REMOTE = "lab"
REPOSITORY = "/srv/flatpak"

_EXPORT = """
set -e
rm -rf /tmp/build; mkdir -p /tmp/build/files/share/app-info/xmls /tmp/build/export
cd /tmp/build; cat > metadata
echo "$1 $4" > files/share/readme
[ -z "$4" ] || gzip -n > files/share/app-info/xmls/"$1".xml.gz <<XML
<?xml version="1.0" encoding="UTF-8"?>
<components version="0.8" origin="flatpak"><component type="desktop"><id>$1</id><name>$1</name><summary>x</summary>
<releases><release version="$4" timestamp="1700000000"/></releases></component></components>
XML
flatpak build-export --disable-sandbox $3 {repository} /tmp/build "$2"
""".replace("{repository}", REPOSITORY)


@dataclass(frozen=True, kw_only=True)
class App:
    """An app, or a runtime where it has none to run on. Without a version nobody is told one but its branch."""

    name: str
    version: str = ""
    branch: str = "stable"
    runtime: str = ""
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def metadata(self, arch: str) -> str:
        """Its key file."""
        main = {"name": self.name, "runtime": f"{self.runtime.replace('//', f'/{arch}/')}"}
        if not self.runtime:
            main["runtime"] = f"{self.name}/{arch}/{self.branch}"
        groups = {"Application" if self.runtime else "Runtime": main, **self.groups}
        return "".join(
            f"[{group}]\n{''.join(f'{key}={value}' + chr(10) for key, value in fields.items())}\n"
            for group, fields in groups.items()
        )


def publish(host: Host, apps: Iterable[App]) -> None:
    """Build apps on a host into its repository, a new version over an old one, and let its flatpak know."""
    arch = host.run(["flatpak", "--default-arch"], check=True).stdout.strip()
    for app in apps:
        options = "" if app.runtime else "--runtime --files=files"
        words = ["sh", "-c", _EXPORT, "sh", app.name, app.branch, options, app.version]
        host.run(words, input=app.metadata(arch), check=True)
    host.run(["flatpak", "build-update-repo", REPOSITORY], check=True)
    add = ["flatpak", "remote-add", "--system", "--if-not-exists", "--no-gpg-verify", REMOTE, f"file://{REPOSITORY}"]
    host.run(add, check=True)
    host.run(["flatpak", "update", "--system", "--appstream", REMOTE], check=True)
