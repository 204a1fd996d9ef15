"""Messages of Amazon SNS: whether they are signed, and answering its question whether we want them.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import base64
import json
import re
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

HOST = re.compile(r"sns\.[a-z]{2}(-[a-z]+)+-[0-9]{1,2}\.amazonaws\.com(\.cn)?")
CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-f]{16,64}\.pem")
ALGORITHMS: Mapping[str, type[hashes.SHA1] | type[hashes.SHA256]] = {"1": hashes.SHA1, "2": hashes.SHA256}
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
    "UnsubscribeConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
SIGNATURES = (256, 384, 512)
"""Bytes of a signature by an RSA key of 2048, 3072 or 4096 bits: for any other no certificate is asked for."""
LARGEST = 20_000
LIMIT = (3.0, 5.0)
KEPT_FOR = 86_400.0
MOST_KEPT = 32
FETCHES_A_MINUTE = 10


class NoCertificate(Exception):
    """The certificate cannot be had right now."""


def is_signed(message: Mapping[str, Any]) -> bool:
    """Whether Amazon signed this message. Raises NoCertificate; anything else that it raises means no."""
    text = canonical(message)
    algorithm = ALGORITHMS[message.get("SignatureVersion", "1")]()
    signature = base64.b64decode(
        message["Signature"], validate=True
    )  # its bytes, however they are written down
    if len(signature) not in SIGNATURES:
        return False
    certificate = certificates.get(certificate_address(message))
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, text, padding.PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    return True


def canonical(message: Mapping[str, Any]) -> bytes:
    """What is signed: the names and values of some fields, in order, each on a line of its own."""
    lines = []
    for name in SIGNED[message["Type"]]:
        if name == "Subject" and message.get(name) is None:
            continue
        if not isinstance(message[name], str):
            raise TypeError(name)
        lines += [name, message[name]]
    return "".join(f"{line}\n" for line in lines).encode()


def certificate_address(message: Mapping[str, Any]) -> str:
    """Where the certificate is, when that is at Amazon. Raises ValueError when it is anywhere else."""
    address = message.get("SigningCertURL") or message["SigningCertUrl"]
    return _at_amazon(address, CERTIFICATE)


def _at_amazon(address: str, path: re.Pattern[str]) -> str:
    parts = urlsplit(address)
    if (
        parts.scheme != "https"
        or not HOST.fullmatch(parts.netloc)
        or not path.fullmatch(parts.path)
        or parts.fragment
    ):
        raise ValueError("This address is not one of Amazon SNS.")
    return address


class Certificates:
    """Certificates by their address, fetched once a day, and never so often that it would cost us much."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, x509.Certificate]] = {}
        self._fetched_at: list[float] = []

    def get(self, address: str) -> x509.Certificate:
        now = time.monotonic()
        with self._lock:
            kept_at, certificate = self._kept.get(address, (0.0, None))
            if certificate and now - kept_at < KEPT_FOR:
                return certificate
            self._fetched_at = [at for at in self._fetched_at if now - at < 60]
            if len(self._fetched_at) >= FETCHES_A_MINUTE:
                raise NoCertificate("Too many certificates were asked for.")
            self._fetched_at.append(now)
        certificate = x509.load_pem_x509_certificate(fetch(address))
        with self._lock:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[address] = (now, certificate)
        return certificate


certificates = Certificates()


def fetch(address: str) -> bytes:
    """What Amazon serves there. Raises NoCertificate when it does not just now, ValueError when it never will."""
    try:
        with requests.get(address, timeout=LIMIT, allow_redirects=False, stream=True) as response:
            body = response.raw.read(LARGEST + 1, decode_content=True)
            if 400 <= response.status_code < 500:
                raise ValueError("Amazon has nothing there.")
            if response.status_code != 200 or len(body) > LARGEST:
                raise NoCertificate(f"Amazon answered with HTTP {response.status_code}.")
            return bytes(body)
    except (requests.RequestException, OSError) as error:
        raise NoCertificate(f"Amazon could not be reached ({type(error).__name__}).") from error


SUBSCRIBE = re.compile(r"/")


def json_of(text: object) -> dict[str, Any]:
    """The object that a message's text is. Raises ValueError or TypeError."""
    found = json.loads(text) if isinstance(text, str) else None
    if not isinstance(found, dict):
        raise TypeError("The message holds no object.")
    return found


def confirm(message: Mapping[str, Any]) -> None:
    """Tell Amazon that we want this topic's messages, as it asks when somebody subscribes us to it.

    Raises NoCertificate's kin when it cannot be told now, ValueError when the address is not Amazon's.
    """
    address = _at_amazon(message["SubscribeURL"], SUBSCRIBE)
    if parse_qs(urlsplit(address).query).get("Action") != ["ConfirmSubscription"]:
        raise ValueError("This address confirms no subscription.")
    fetch(address)
