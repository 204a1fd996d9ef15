"""Free ports on this machine for everything that nobody has to know the address of."""

import errno
import random
import socket

from config.supervisor.problems import Problem

# Below the range from which systems take the near end of outgoing connections (32768 on Linux, 49152 elsewhere):
# there, a client that tries to reach a server that is down can be given the server's own port.
RANGE = range(20_000, 32_000)


def free_port(host: str = "127.0.0.1") -> int:
    for port in random.sample(RANGE, 200):
        if is_free(port, host):
            return port
    raise Problem("There is no free port between 20000 and 32000 on this machine")


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    if answers(port):
        return False
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            return False
    return True


def listen(port: int, host: str) -> socket.socket:
    """Take the port for the whole run, so that no restart loses it and callers meanwhile wait instead of failing."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        if error.errno == errno.EACCES:
            raise Problem(
                f"Port {port} needs rights that this user does not have: set PORT to another one"
            ) from error
        raise in_use(port) from error
    return listener


def in_use(port: int) -> Problem:
    return Problem(f"Port {port} is in use: stop what listens there, or set PORT to another one")


def answers(port: int, host: str = "127.0.0.1") -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
