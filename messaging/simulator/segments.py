"""How many parts a text is sent in (GSM 03.38, 3GPP TS 23.038)."""

from __future__ import annotations

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_ESCAPED = frozenset("\f^{}\\[~]|€")


def count(body: str) -> int:
    """160 septets or 70 UTF-16 units fit one part; of several parts, 153 or 67 fit each."""
    if set(body) <= GSM_7 | GSM_7_ESCAPED:
        return _parts([2 if character in GSM_7_ESCAPED else 1 for character in body], 160, 153)
    return _parts([2 if ord(character) > 0xFFFF else 1 for character in body], 70, 67)


def _parts(widths: list[int], alone: int, each: int) -> int:
    if sum(widths) <= alone:
        return 1
    parts, used = 1, 0
    for width in widths:
        # A character of two units is never split between parts.
        if used + width > each:
            parts, used = parts + 1, 0
        used += width
    return parts
