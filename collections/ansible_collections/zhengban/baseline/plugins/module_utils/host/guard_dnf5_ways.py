# SPDX-License-Identifier: Apache-2.0
"""The known ways past the guard with dnf 5. Source: dnf5(8), dnf5.conf(5), libdnf5-actions(8)."""

from functools import partial

from .guard_way import OPEN, SEEN, SHUT, Way, listed, real

# It asks the hook as the very last one, and a transaction that is only tested not at all. So its plugins get settings
# beside which something behind the hook stops it, and says that it got there.
_STOPPED = """\
cp -r /etc/dnf/libdnf5-plugins own
printf 'pre_transaction:::raise_error=1:/bin/%s\\n' "touch $PWD/passed" false > own/actions.d/zz.actions
dnf5 $DNF_OPTIONS --setopt=pluginconfpath="$PWD/own" {} || :
[ -e passed ]"""
_LIBRARY = """\
import sys
try:
    import libdnf5
except ImportError:
    sys.exit(77)
base = libdnf5.base.Base()
base.get_config().plugins = sys.argv[2] == "1"
base.setup()
sack = base.get_repo_sack()
sack.load_repos(libdnf5.repo.Repo.Type_SYSTEM)
goal = libdnf5.base.Goal(base)
sack.add_cmdline_packages([sys.argv[1]])
query = libdnf5.rpm.PackageQuery(base)
query.filter_available()
for package in query:
    goal.add_rpm_install(package)
transaction = goal.resolve()
transaction.download()
sys.exit(transaction.run())
"""


_real = partial(real, manager="rpm", door="dnf5")
# Out of reach of a plugin; what came is among the next facts.
_past = partial(_real, code="", expected=SEEN)


def _dnf5(name: str, arguments: str, before: str = "") -> Way:
    return _real(name, "{}dnf5 $DNF_OPTIONS {}".format(before and before + "; ", arguments))


def _stopped(name: str, arguments: str, code: str, sample: str, expected: str = SHUT, past_it: str = SEEN) -> Way:
    script = _STOPPED.format(arguments)
    return Way(name, script, code, sample, expected=expected, past_it=past_it, manager="rpm", door="dnf5")


DNF5_WAYS = (
    _dnf5("dnf5", 'install "$NAME"'),
    _dnf5("dnf5 with a version", 'install "$NAME-1.0-1"'),
    _dnf5("dnf5 with an architecture", 'install "$NAME-1.0-1.noarch"'),
    _dnf5("dnf5 with what it provides", 'install "$NAME = 1.0-1"'),
    _dnf5("dnf5 with a local file", 'install "$RPM"'),
    _dnf5("dnf5 with a renamed file", "install ./approved-1.0-1.noarch.rpm", 'cp "$RPM" approved-1.0-1.noarch.rpm'),
    _dnf5("dnf5 with a URL", 'install "file://$RPM"'),
    _dnf5("dnf5 do", 'do --action=install "$NAME"'),
    _dnf5("dnf5 along with a repair", 'install "$REPAIR_RPM" "$RPM"'),
    _dnf5("dnf5 without signatures and reasons", '--no-gpgchecks install --allowerasing --skip-broken "$NAME"'),
    _dnf5("dnf5 without scripts", '--setopt=tsflags=noscripts,notriggers,justdb install "$RPM"'),
    _dnf5("dnf5 with a cache of one's own", '--setopt=cachedir="$PWD" install "$NAME"'),
    _dnf5("dnf5 with a folder for downloads", '--setopt=destdir="$PWD" install "$NAME"'),
    _dnf5("dnf5 with settings of one's own", '-c own.conf install "$RPM"', 'echo "[main]" > own.conf'),
    _dnf5(
        "dnf5 --installroot with / by another name",
        '--use-host-config --installroot="$PWD/slash" install "$RPM"',
        "ln -s / slash",
    ),
    _dnf5("dnf5 that fetches first", 'install "$NAME"', 'dnf5 $DNF_OPTIONS install --downloadonly "$NAME"'),
    _dnf5("dnf5 that stores and replays", "replay stored", 'dnf5 $DNF_OPTIONS install --store=stored "$NAME"'),
    _real("dnf5 under another name", 'cp "$(command -v dnf5)" tool; ./tool $DNF_OPTIONS install "$RPM"'),
    _real("dnf5's library", "python3 -c '{}' \"$RPM\" 1".format(_LIBRARY)),
    # What follows is about software of this host.
    _stopped(
        "dnf5: an approved name in a wrong version",
        'install "$RPM_WRONG_VERSION"',
        "version_not_allowed",
        "RPM_WRONG_VERSION",
    ),
    _stopped("dnf5: what is forbidden", 'install "$RPM_FORBIDDEN"', "forbidden", "RPM_FORBIDDEN"),
    _stopped("dnf5: a private upgrade", 'upgrade "$RPM_EDITION"', "private_upgrade", "RPM_EDITION"),
    _stopped("dnf5 remove of what is on record", 'remove "$RPM_KEPT"', "recorded", "RPM_KEPT"),
    _stopped("dnf5 swap of it", 'swap "$RPM_KEPT" "$RPM"', "recorded", "RPM_KEPT"),
    _stopped("dnf5: a package that takes its place", 'install "$RPM_REPLACING"', "recorded", "RPM_REPLACING"),
    _stopped("dnf5 remove of what is required", 'remove "$RPM_REQUIRED"', "required", "RPM_REQUIRED"),
    _stopped("dnf5 remove of what the host needs", 'remove "$RPM_NEEDED"', "protected", "RPM_NEEDED"),
    # Where a plugin does not reach.
    _past("dnf5 --no-plugins", 'dnf5 $DNF_OPTIONS --no-plugins install "$RPM"'),
    _past("dnf5 --setopt=plugins=0", 'dnf5 $DNF_OPTIONS --setopt=plugins=0 install "$RPM"'),
    _past("dnf5 --disable-plugin", 'dnf5 $DNF_OPTIONS --disable-plugin=actions install "$RPM"'),
    _past(
        "dnf5 with settings for plugins of one's own", 'dnf5 $DNF_OPTIONS --setopt=pluginconfpath="$PWD" install "$RPM"'
    ),
    _past(
        "dnf5 with an environment that says so",
        'LIBDNF_PLUGINS_CONFIG_DIR="$PWD" dnf5 $DNF_OPTIONS install "$RPM"',
    ),
    _past(
        "dnf5 with settings that say so",
        'printf "[main]\\nplugins=0\\n" > own.conf; dnf5 $DNF_OPTIONS -c own.conf install "$RPM"',
    ),
    _past("dnf5's library without plugins", "python3 -c '{}' \"$RPM\" 0".format(_LIBRARY)),
    _past("dnf5: a file under the name of a repair", 'dnf5 $DNF_OPTIONS install "$REPAIR_RPM"'),
    _stopped(
        "dnf5: a forged file under an approved name and version",
        'install "$RPM_FORGED"',
        "",
        "RPM_FORGED",
        OPEN,
        OPEN,
    ),
    # Not to be had in a container, which nobody starts again.
    listed("dnf5 --offline and a restart", "dnf5", SEEN, "rpm"),
    listed("dnf5daemon", "dnf5daemon-client", SEEN, "rpm"),
)
