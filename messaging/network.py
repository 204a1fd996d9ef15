"""Which machines a business's connection may lead to: those of the internet, and not those beside ours."""

import ipaddress
import socket
import time

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotAllowed(ValueError):
    """This leads to a private network, which connections may not."""


def connect(host: str, port: int, *, timeout: float) -> socket.socket:
    """A connection to an address of `host` that has been looked at. Raises NotAllowed, or OSError.

    The name is resolved once: what was looked at is what is connected to. However many addresses there are, none
    is tried after `timeout` seconds.
    """
    failure: OSError | None = None
    ends_at = time.monotonic() + timeout
    for address in look_up(host, port):
        if failure and time.monotonic() > ends_at:
            break
        try:
            connected = socket.create_connection((address, port), timeout=timeout)
        except OSError as error:
            failure = error
        else:
            # Two small writes in a row would otherwise wait 40 ms for each other.
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connected
    raise failure or OSError(f"{host} has no address.")


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises NotAllowed when one of them is private, OSError when it has none."""
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not settings.HEED_ALLOW_PRIVATE_NETWORKS and not all(is_public(text) for text in found):
        raise NotAllowed(NotAllowed.__doc__)
    return list(dict.fromkeys(found))


def is_public(text: str) -> bool:
    """Whether this address belongs to the internet, also when it is an IPv4 address in IPv6's clothes."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        address = inner or address
    return address.is_global and not address.is_multicast
