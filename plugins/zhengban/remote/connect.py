# SPDX-License-Identifier: Apache-2.0
"""A connection of our own to a Windows computer, and in one sentence why there is none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from zhengban.model.errors import ZhengbanError

from .access import Access
from .winrm import UTF_8, WinRMShell, require_pywinrm

try:
    import requests
    from winrm.exceptions import AuthenticationError, WinRMError, WinRMTransportError
    from winrm.protocol import Protocol
except ImportError:
    # require_pywinrm says so.
    pass

_OPERATION_SECONDS = 20
_READ_SECONDS = 30


class Unreachable(ZhengbanError):
    """There is no connection; nothing was asked."""


@contextlib.contextmanager
def winrm_shell(access: Access) -> Iterator[WinRMShell]:
    """A shell on a computer, for as long as the block lasts.

    Raises:
        Unreachable: the password is wrong, the certificate is not trusted, nobody answers, or not as WinRM does.
    """
    require_pywinrm()
    where = access.endpoint
    try:
        protocol = Protocol(
            where,
            transport=access.transport,
            username=access.user,
            password=access.password,
            ca_trust_path=access.ca or "legacy_requests",
            operation_timeout_sec=_OPERATION_SECONDS,
            read_timeout_sec=_READ_SECONDS,
        )
        opened = [protocol.open_shell(codepage=UTF_8)]
    except AuthenticationError as err:
        raise Unreachable(
            f"{where} does not accept the password of {access.user}, or not over {access.transport}"
        ) from err
    except (requests.exceptions.SSLError, OSError) as err:
        # pywinrm has an OSError for a file of certificates that is not there; requests' own are OSErrors as well.
        raise Unreachable(_no_connection(access, err)) from err
    except (WinRMError, WinRMTransportError) as err:
        raise Unreachable(f"{where} does not answer as WinRM does: {err}") from err
    try:
        yield WinRMShell(protocol, opened[0], reopened=opened.append)
    finally:
        for shell in opened:
            # It ends by itself when nobody uses it; what the block has found out counts.
            with contextlib.suppress(WinRMError, WinRMTransportError, OSError):
                protocol.close_shell(shell, close_session=shell is opened[-1])


def _no_connection(access: Access, err: OSError) -> str:
    text = str(err)
    if isinstance(err, requests.exceptions.SSLError):
        return f"the certificate of {access.endpoint} is not trusted ({_inner(text)}): name its CA with ca"
    if isinstance(err, requests.exceptions.RequestException):
        return f"{access.endpoint} cannot be reached ({_inner(text)})"
    return f"{access.endpoint}: {text}"


def _inner(text: str) -> str:
    """What is at the bottom of a message of requests, which wraps it several times over."""
    return text.rpartition("Error(")[2].rpartition("] ")[2].strip("()'\" ") or text
