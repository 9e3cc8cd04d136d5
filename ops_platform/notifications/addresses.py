"""Where webhooks may go: no way from an address that somebody enters to servers inside (SSRF).

https only, unless WEBHOOK_ALLOW_HTTP. Without WEBHOOK_ALLOWED_HOSTS any public address. With it only what it lists: host
names (`oa.hospital.cn`), names with all below them (`.hospital.cn`), addresses and networks (`10.1.0.0/16`). A listed name
may lead to private addresses; loopback, link-local and other special addresses must be listed as networks themselves.

What a name resolves to is checked right before connecting, and the connection goes to the address that was checked: a
name that leads elsewhere a moment later is of no use.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from ops_platform.kernel import Invalid

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
URL_LENGTH = 500
_PRIVATE = tuple(
    ipaddress.ip_network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_VISIBLE = re.compile(r"[\x21-\x5b\x5d-\x7e]+")  # printable ASCII without backslash
_HOST = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart."""

    tls: bool
    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """Take a URL apart. Raises Invalid where it is none that deliveries may go to, whatever its name resolves to."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _malformed() from error
    plain = len(url) <= URL_LENGTH and _VISIBLE.fullmatch(url) and _HOST.fullmatch(host)
    if not plain or "@" in parts.netloc or parts.fragment or parts.scheme not in ("http", "https"):
        raise _malformed()
    tls = parts.scheme == "https"
    if not tls and not settings.WEBHOOK_ALLOW_HTTP:
        raise Invalid("notifications.webhook_https", "接收地址须以 https:// 开头。请让对方启用 HTTPS。", field="url")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(tls, host, port or (443 if tls else 80), path)


def _malformed() -> Invalid:
    return Invalid(
        "notifications.webhook_address",
        "接收地址不正确。请填写完整网址，例如 https://oa.hospital.cn/hooks/ops，不含用户名和密码。",
        field="url",
    )


def resolve(target: Target) -> str:
    """An address of the host that deliveries may go to. Raises Invalid when any of its addresses is not allowed."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Invalid(
            "notifications.webhook_unresolved",
            f"找不到主机 {target.host}。请检查接收地址的拼写和本平台的域名解析。",
            field="url",
        ) from error
    addresses = [ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_, place in found]
    named, networks = _listed(target.host)
    if not addresses or not all(_is_allowed(address, named, networks) for address in addresses):
        raise Invalid(
            "notifications.webhook_refused",
            f"不允许向 {target.host} 推送：它是内部或特殊地址，或不在允许的范围内。"
            "如确有需要，请运维人员加入 WEBHOOK_ALLOWED_HOSTS。",
            field="url",
        )
    return str(addresses[0])


def _listed(host: str) -> tuple[bool, list[ipaddress.IPv4Network | ipaddress.IPv6Network]]:
    """Whether the settings list the name, and the networks that they list."""
    named, networks = False, []
    for entry in settings.WEBHOOK_ALLOWED_HOSTS:
        try:
            networks.append(ipaddress.ip_network(entry, strict=False))
        except ValueError:
            name = host.rstrip(".")
            named = named or name == entry.lower() or (entry.startswith(".") and name.endswith(entry.lower()))
    return named, networks


def _is_allowed(address: Address, named: bool, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    plain = _embedded(address)
    if plain is None:
        return False
    if any(plain in network for network in networks):
        return True
    if settings.WEBHOOK_ALLOWED_HOSTS and not named:
        return False
    return _is_public(plain) or (named and any(plain in network for network in _PRIVATE))


def _embedded(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 address stands for, else the address itself; None for a tunnel."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.teredo:
        return None
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: Address) -> bool:
    special = address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    return address.is_global and not special
