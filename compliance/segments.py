"""How many segments a text message is sent and charged in (3GPP TS 23.038 and 23.040)."""

from dataclasses import dataclass

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_ESCAPED = frozenset("\f^{}\\[~]|€")

ALONE = {"GSM-7": 160, "UCS-2": 70}
EACH = {"GSM-7": 153, "UCS-2": 67}


@dataclass(frozen=True, slots=True)
class Count:
    """`units` are septets in GSM-7 and 16-bit units in UCS-2; `left` is how many more the last segment takes."""

    encoding: str
    units: int
    segments: int
    left: int
    culprits: tuple[str, ...] = ()


def count(text: str) -> Count:
    """One segment holds 160 septets or 70 UTF-16 units, each of several 153 or 67; no character is split.

    `culprits` are the characters that keep the text out of GSM-7, each once and in order.
    """
    culprits = tuple(dict.fromkeys(c for c in text if c not in GSM_7 and c not in GSM_7_ESCAPED))
    encoding = "UCS-2" if culprits else "GSM-7"
    widths = [_width(character, encoding) for character in text]
    units = sum(widths)
    if units <= ALONE[encoding]:
        return Count(encoding, units, 1 if text else 0, ALONE[encoding] - units, culprits)
    segments, filled = _fill(widths, EACH[encoding])
    return Count(encoding, units, segments, EACH[encoding] - filled, culprits)


def _width(character: str, encoding: str) -> int:
    if encoding == "GSM-7":
        return 2 if character in GSM_7_ESCAPED else 1
    return 2 if ord(character) > 0xFFFF else 1


def _fill(widths: list[int], each: int) -> tuple[int, int]:
    """(segments, units in the last of them)"""
    segments, filled = 1, 0
    for width in widths:
        if filled + width > each:
            segments, filled = segments + 1, 0
        filled += width
    return segments, filled
