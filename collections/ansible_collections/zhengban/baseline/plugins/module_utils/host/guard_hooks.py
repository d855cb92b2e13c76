# SPDX-License-Identifier: Apache-2.0
"""The hook itself, POSIX sh: it decides what needs no Python, asks Python for the rest, and repairs without it.

Source: DESIGN 10; dpkg(1) pre-invoke, apt.conf(5) Pre-Install-Pkgs, proc(5).
"""

from .guard_recovery import PATTERN

HOOK = "/usr/lib/zhengban/guard"
DPKG_FILE = "/etc/dpkg/dpkg.cfg.d/zhengban-guard"
APT_FILE = "/etc/apt/apt.conf.d/99zhengban-guard"

# Nothing comes or goes when packages are configured, so nobody waits for the hook then. exec: the hook's parent is dpkg
# itself, whose arguments it reads. Where the hook is gone, dpkg names it and stops.
DPKG_TEXT = (
    "# zhengban: keep this file; the playbook guard writes and removes it\n"
    "pre-invoke=case $DPKG_HOOK_ACTION in install|unpack|remove|purge) exec {0} dpkg;; esac\n"
).format(HOOK)
APT_TEXT = (
    "// zhengban: keep this file; the playbook guard writes and removes it\n"
    'DPkg::Pre-Install-Pkgs {{ "{0} apt"; }};\n'
    'DPkg::Tools::Options::{0}::Version "3";\n'
).format(HOOK)

_SCRIPT = r"""#!/bin/sh
# zhengban: the guard's hook for apt, dpkg and dnf, and the command zhengban-guard.
set -f
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C.UTF-8
export PATH LC_ALL
umask 077
code='@CODE@'
state=/var/lib/zhengban
newline='
'

# Python says 0 (go on) or 10 (blocked); anything else is no answer.
ask() {
  [ -x /usr/bin/python3 ] && /usr/bin/python3 -I -S "$code" "$@"
  case $? in 0) exit 0 ;; 10) exit 1 ;; esac
}

# found: field $2 of /proc/$1/stat, counted from the state, which is 1.
field() {
  read -r line <"/proc/$1/stat" || return 1
  wanted=$2
  set -- ${line##*) }
  eval "found=\${$wanted}"
}

# dpkg below an apt whose transaction was approved: the same files, the same removals, nothing else.
below_approved_apt() {
  [ "${DPKG_ADMINDIR:-/var/lib/dpkg}" -ef /var/lib/dpkg ] || return 1
  field "$PPID" 2 && apt=$found && field "$apt" 20 || return 1
  ticket=/run/zhengban/apt-$apt-$found
  [ -f "$ticket" ] || return 1
  # An argument a line; one that lines cannot tell from two, or none, is for Python.
  arguments=$(tr '\n\000' '?\n' <"/proc/$PPID/cmdline") || return 1
  case $arguments in *\?* | *"$newline$newline"*) return 1 ;; esac
  IFS=$newline
  set -- $arguments
  unset IFS
  are_members "$@"
}

are_members() {
  shift
  while :; do
    case ${1-} in
      --status-fd) shift ;;
      --status-fd=* | --no-triggers | --auto-deconfigure | --recursive | --unpack | --remove | --purge) ;;
      --force-* | --abort-after=*) ;;
      -*) return 1 ;;
      *) break ;;
    esac
    shift
  done
  [ $# -gt 0 ] || return 1
  list=
  if [ "$DPKG_HOOK_ACTION" = remove ] || [ "$DPKG_HOOK_ACTION" = purge ]; then
    for target; do
      list="${list}remove $target$newline"
    done
  else
    for target; do
      case $target in /*) ;; *) return 1 ;; esac
    done
    # apt hands over a directory where the files are many.
    if [ -d "$1" ]; then
      list=$(find -L "$@" -type f -exec stat -L -c 'unpack %d:%i:%s:%.9Y:%.9Z' {} +) || return 1
    else
      list=$(stat -L -c 'unpack %d:%i:%s:%.9Y:%.9Z' "$@") || return 1
    fi
  fi
  # Counted, so that nothing passes where a tool or a here-document fails.
  known=$(
    grep -cxFf "$ticket" <<LIST
$list
LIST
  )
  IFS=$newline
  set -- $list
  unset IFS
  [ $# -gt 0 ] && [ "$known" = $# ]
}

# Without Python: what repairs this host, from a repository it knows, and nothing that leaves.
say_no_python() {
  echo 'zhengban 正版: 防护程序无法运行，只放行系统修复所需的软件包' >&2
  echo 'zhengban: the guard does not run (Python?): only packages that repair this host pass' >&2
}

only_recorded() {
  grep -qx ' "mode": "audit",' "$state/guard.json" 2>/dev/null
}

is_repair() {
  name=$(dpkg-deb -f "$1" Package 2>/dev/null) || return 1
  printf '%s\n' "$name" | grep -qxE '@PATTERN@' || grep -qxFe "$name" "$state/guard-recovery" 2>/dev/null || return 1
  sum=$(sha256sum <"$1") || return 1
  offered | grep -qxF "SHA256: ${sum%% *}"
}

offered() {
  # What apt took from file: sources is a link.
  lists='find -L /var/lib/apt/lists -maxdepth 1 -type f'
  $lists -name '*Packages' -exec cat {} +
  $lists -name '*Packages.*' -exec /usr/lib/apt/apt-helper cat-file {} + 2>/dev/null
}

repair_with_dpkg() {
  shift
  while :; do
    case ${1-} in --status-fd) shift ;; -*) ;; *) break ;; esac
    shift
  done
  [ $# -gt 0 ] || return 1
  find -L "$@" -type f | {
    count=0
    while IFS= read -r file; do
      is_repair "$file" || exit 1
      count=$((count + 1))
    done
    [ "$count" -gt 0 ]
  }
}

# A Python that broke half-way has read what apt says, and nothing is left here.
repair_with_apt() {
  sed '1,/^$/d' | {
    count=0
    while read -r _name _old _arch _same _way _new _new_arch _new_same what; do
      case $what in
        '**CONFIGURE**') ;;
        /*) is_repair "$what" || exit 1 ;;
        *) exit 1 ;;
      esac
      count=$((count + 1))
    done
    [ "$count" -gt 0 ]
  }
}

case ${1-} in
  dpkg)
    # Another system below a directory; / by another name is not one.
    if [ -n "${DPKG_ROOT-}" ] && ! [ "$DPKG_ROOT" -ef / ]; then exit 0; fi
    below_approved_apt && exit 0
    ask dpkg "$PPID" "$DPKG_HOOK_ACTION"
    say_no_python
    only_recorded && exit 0
    case $DPKG_HOOK_ACTION in install | unpack) ;; *) exit 1 ;; esac
    [ "${DPKG_ADMINDIR:-/var/lib/dpkg}" -ef /var/lib/dpkg ] || exit 1
    xargs -0 -x -a "/proc/$PPID/cmdline" "$0" repair && exit 0
    exit 1
    ;;
  repair)
    shift
    repair_with_dpkg "$@"
    exit $?
    ;;
  apt)
    # apt runs hooks through a shell, which may still be there.
    field "$PPID" 1
    case $line in "$PPID (sh) "*) field "$PPID" 2 && caller=$found ;; *) caller=$PPID ;; esac
    ask apt "$caller"
    say_no_python
    only_recorded && exit 0
    repair_with_apt && exit 0
    exit 1
    ;;
  dnf)
    # The Python that dnf itself runs under; without an answer its plugin stops dnf.
    exec "$2" -I -S "$code" dnf "$3"
    ;;
  dnf5)
    # Another system below a directory; / by another name is not one.
    if [ -n "${3-}" ] && ! [ "$3" -ef / ]; then exit 0; fi
    # dnf 5 needs no Python itself, and is asked here in a way that only Python speaks.
    ask dnf5 "$2"
    say_no_python
    only_recorded && exit 0
    echo 'dnf5 --no-plugins install python3' >&2
    exit 1
    ;;
  *)
    exec /usr/bin/python3 -I -S "$code" "$@"
    ;;
esac
"""


def hook_script(code: str) -> str:
    """The hook for a program at a path."""
    return _SCRIPT.replace("@CODE@", code).replace("@PATTERN@", PATTERN)
