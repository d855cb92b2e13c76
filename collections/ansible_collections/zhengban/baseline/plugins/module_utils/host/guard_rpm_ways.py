# SPDX-License-Identifier: Apache-2.0
"""The known ways past the guard with dnf 4 and rpm. Source: dnf(8), dnf.conf(5), rpm(8)."""

from functools import partial

from .guard_way import OPEN, SEEN, Way, beyond, listed, real

# It works out a transaction, and tests it at most.
_DRY = '"$DNF" $DNF_OPTIONS --setopt=tsflags=test'
_LIBRARY = """\
import dnf, sys
base = dnf.Base()
base.conf.cachedir = sys.argv[2]
base.fill_sack(load_system_repo=True)
for package in base.add_remote_rpms([sys.argv[1]]):
    base.package_install(package)
base.resolve()
base.do_transaction()
"""


_real = partial(real, manager="rpm", door="dnf")
# Out of reach of a plugin; what came is among the next facts.
_past = partial(real, code="", expected=SEEN, manager="rpm")
_past_dnf = partial(_past, door="dnf")


def _dnf(name: str, arguments: str, before: str = "") -> Way:
    return _real(name, '{}"$DNF" $DNF_OPTIONS {}'.format(before and before + "; ", arguments))


def _dry(name: str, script: str, code: str, sample: str) -> Way:
    return Way(name, script, code, sample, manager="rpm", door="dnf")


RPM_WAYS = (
    _dnf("dnf", 'install "$NAME"'),
    _dnf("dnf with a version", 'install "$NAME-1.0-1"'),
    _dnf("dnf with an architecture", 'install "$NAME-1.0-1.noarch"'),
    _dnf("dnf with what it provides", 'install "$NAME = 1.0-1"'),
    _dnf("dnf with a local file", 'install "$RPM"'),
    _dnf("dnf with a renamed file", "install ./approved-1.0-1.noarch.rpm", 'cp "$RPM" approved-1.0-1.noarch.rpm'),
    _dnf("dnf with a URL", 'install "file://$RPM"'),
    _dnf("dnf localinstall", 'localinstall "$RPM"'),
    _dnf("dnf along with a repair", 'install "$REPAIR_RPM" "$RPM"'),
    _dnf("dnf without signatures and reasons", '--nogpgcheck --allowerasing --skip-broken --best install "$NAME"'),
    _dnf("dnf without scripts", '--setopt=tsflags=noscripts,notriggers,justdb install "$RPM"'),
    _dnf("dnf with a cache of one's own", '--setopt=cachedir="$PWD" --setopt=persistdir="$PWD" install "$NAME"'),
    _dnf("dnf with settings of one's own", '-c own.conf install "$RPM"', 'echo "[main]" > own.conf'),
    _dnf("dnf --installroot with / by another name", '--installroot="$PWD/slash" install "$RPM"', "ln -s / slash"),
    _dnf("dnf that fetches first", 'install "$NAME"', 'dnf $DNF_OPTIONS --downloadonly install "$NAME" || :'),
    _dnf("dnf shell", "shell commands", 'printf "install %s\\nrun\\n" "$NAME" > commands'),
    _real("dnf under another name", 'cp "$DNF" tool; ./tool $DNF_OPTIONS install "$RPM"'),
    real("yum", 'yum $DNF_OPTIONS install "$NAME"', needs="yum", manager="rpm"),
    # What follows is about software of this host: dnf is told to test at most.
    _dry(
        "dnf: an approved name in a wrong version",
        _DRY + ' install "$RPM_WRONG_VERSION"',
        "version_not_allowed",
        "RPM_WRONG_VERSION",
    ),
    _dry("dnf: what is forbidden", _DRY + ' install "$RPM_FORBIDDEN"', "forbidden", "RPM_FORBIDDEN"),
    _dry("dnf: a private upgrade", _DRY + ' upgrade "$RPM_EDITION"', "private_upgrade", "RPM_EDITION"),
    _dry("dnf remove of what is on record", _DRY + ' remove "$RPM_KEPT"', "recorded", "RPM_KEPT"),
    _dry("dnf autoremove of it", _DRY + ' autoremove "$RPM_KEPT"', "recorded", "RPM_KEPT"),
    _dry("dnf swap of it", _DRY + ' swap "$RPM_KEPT" "$RPM"', "recorded", "RPM_KEPT"),
    _dry("dnf: a package that takes its place", _DRY + ' install "$RPM_REPLACING"', "recorded", "RPM_REPLACING"),
    _dry("dnf remove of what is required", _DRY + ' remove "$RPM_REQUIRED"', "required", "RPM_REQUIRED"),
    _dry("dnf remove of what the host needs", _DRY + ' remove "$RPM_NEEDED"', "protected", "RPM_NEEDED"),
    # Where a plugin does not reach.
    _past_dnf("dnf --noplugins", '"$DNF" $DNF_OPTIONS --noplugins install "$RPM"'),
    _past_dnf("dnf --setopt=plugins=0", '"$DNF" $DNF_OPTIONS --setopt=plugins=0 install "$RPM"'),
    _past_dnf("dnf with plugins of one's own", '"$DNF" $DNF_OPTIONS --setopt=pluginpath="$PWD" install "$RPM"'),
    _past_dnf("dnf --disableplugin", '"$DNF" $DNF_OPTIONS --disableplugin=\'zhengban*\' install "$RPM"'),
    _past_dnf(
        "dnf with settings that say so",
        'printf "[main]\\nplugins=0\\n" > own.conf; "$DNF" $DNF_OPTIONS -c own.conf install "$RPM"',
    ),
    _past_dnf("dnf's library", '"$DNF_PYTHON" -c \'{}\' "$RPM" "$PWD/cache"'.format(_LIBRARY)),
    _past_dnf("dnf: a file under the name of a repair", '"$DNF" $DNF_OPTIONS install "$REPAIR_RPM"'),
    _past("rpm -i", 'rpm -i "$RPM"'),
    _past("rpm -U", 'rpm -U --force --nodeps --nosignature --nodigest "$RPM"'),
    _past("rpm with a renamed file", 'cp "$RPM" approved.rpm; rpm -i approved.rpm'),
    _past("rpm under another name", 'cp "$(command -v rpm)" tool; ./tool -i "$RPM"'),
    _past("rpm --root with / by another name", 'ln -s / slash; rpm --root="$PWD/slash" -i "$RPM"'),
    Way(
        "rpm -e of what is on record",
        'rpm -e --test --nodeps "$RPM_KEPT"',
        code="",
        sample="RPM_KEPT",
        expected=SEEN,
        manager="rpm",
    ),
    beyond("rpm --dbpath", 'rpm --dbpath "$PWD" --nodeps -i "$RPM"', "rpm", manager="rpm"),
    beyond(
        "rpm2archive and tar",
        'rpm2archive - < "$RPM" | tar -xz -C /',
        "rpm2archive",
        manager="rpm",
    ),
    Way(
        "dnf: a forged file under an approved name and version",
        _DRY + ' install "$RPM_FORGED"',
        code="",
        sample="RPM_FORGED",
        door="dnf",
        expected=OPEN,
        past_it=OPEN,
        manager="rpm",
    ),
    listed("microdnf", "microdnf", SEEN, "rpm"),
    listed("PackageKit beside dnf", "pkcon", SEEN, "rpm"),
)
