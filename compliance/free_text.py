"""Does a text that is no keyword ask us to stop writing? A conservative reading of words, never of substrings.

The law counts "any reasonable wording" (47 CFR 64.1200(a)(10)), so a finding blocks the channel at once and a person
looks at it afterwards. A miss costs a contact one message more before they say it plainer; a false alarm costs them
messages that they want until somebody looks. Hence:

- A text is cut into clauses of plain words: case, accents and apostrophes go, so do our own words quoted back at us
  ("Reply STOP to unsubscribe") and the reactions that phones send as text (Liked “…”).
- Each wording in data/free_text_rules.txt is one in which somebody asks that *we* cease to *write to them*. "Stop"
  alone asks for it only as a clause of its own, with at most courtesy around it. For anything else that it can mean
  there is no wording: stop by, stop 4, bus stop, stop smoking, stop payment.
- A wording does not count after words that turn it round ("don't stop texting me", "why did you stop texting me",
  "I'll stop texting now"), before another hour or way ("before 9"), or in a text that laughs.
- "Not interested", "wrong number" and "cancel" alone answer a message; they are no wish about messages.

English, and the plainest wordings of Spanish and French. data/free_text_phrases.csv holds the labelled examples.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
RULES = DATA / "free_text_rules.txt"
PHRASES = DATA / "free_text_phrases.csv"
LONGEST = 1600
"""So many characters are read, which is as long as a text message can be."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Which rule spoke, and the words that it heard."""

    rule: str
    words: str


def opt_out(text: str) -> Finding | None:
    """The first request to stop in this text, or None."""
    text = unicodedata.normalize("NFKC", text[:LONGEST])
    if REACTION.match(text.strip()):
        return None
    words = plain(text)
    if LAUGHTER.search(text) or LAUGHING.search(words):
        return None
    for rule, wordings in rules().wordings.items():
        guards = rules().guards_of(rule)
        for wording in wordings:
            for heard in wording.finditer(words):
                before = words[: heard.start()]
                if not any(guard.search(before) for guard in guards):
                    return Finding(rule, heard.group().strip(" .,"))
    return None


def plain(text: str) -> str:
    """The text as the rules read it: `. please stop , thank you . `."""
    text = MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    text = ABBREVIATION.sub(r"\1", APOSTROPHES.sub("", text))
    text = CLAUSE_END.sub(" . ", text).replace(",", " , ")
    words = STRETCHED_STOP.sub("stop", NO_WORD.sub(" ", text)).split()
    return CLAUSE_ENDS.sub(". ", TEACHING.sub(". ", f". {' '.join(words)} . "))


REACTION = re.compile(
    r"(liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted .{1,12} to|removed an? .{1,20} from)"
    r"\s+([“”\"«„]|an? (image|message|photo))",
    re.IGNORECASE,
)
LAUGHTER = re.compile("[\U0001f602\U0001f923\U0001f606\U0001f639]")
LAUGHING = re.compile(
    r"\b(lol|lmf?ao|rofl|(ha){2,}h?|(he){2,}|jaja\w*|jk|just kidding|making me \w+ (?!sick|mad))"
)
APOSTROPHES = re.compile("['’‘`´]")
MARKS = re.compile("[\u0300-\u036f]")
ABBREVIATION = re.compile(r"\b(dr|mr|mrs|ms|st|ave|sr|jr)\.")
CLAUSE_END = re.compile(r"(?:[.!?;:\n\r…¡¿\"“”«»()/]|\s[-–—]+\s)+")
CLAUSE_ENDS = re.compile(r"(?:[.,] )*\. ")
NO_WORD = re.compile(r"[^\w.,]|_")
STRETCHED_STOP = re.compile(r"\bst+o+p{2,}\b|\b(?:stpo|sotp|stahp)\b")
TEACHING = re.compile(
    r"\b(?:reply|text|txt|send|respond|type|answer|responda|envie) (?:with |the word |\. )*"
    r"(?:stop|end|quit|unsubscribe|optout|help|alto|baja) (?:\. )?"
    r"(?:(?:to|2|for|para) (?:unsubscribe|opt out|optout|end|quit|stop|cancel|help) )"
)
"""What we and other senders teach; a contact who quotes it back asks for nothing."""


@dataclass(frozen=True, slots=True)
class Rules:
    """data/free_text_rules.txt, compiled."""

    wordings: dict[str, list[re.Pattern[str]]] = field(default_factory=dict)
    turned_round: list[re.Pattern[str]] = field(default_factory=list)
    oneself: dict[str, list[re.Pattern[str]]] = field(default_factory=dict)

    def guards_of(self, rule: str) -> list[re.Pattern[str]]:
        return self.turned_round + self.oneself.get(rule, [])


@cache
def rules() -> Rules:
    lists: dict[str, list[str]] = {}
    sections: dict[str, list[str]] = {}
    section = ""
    for line in RULES.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = line.strip("[]")
        elif header := re.match(r"([A-Z_]+) = (.*)", line):
            lists.setdefault(header[1], []).extend(header[2].split(" / "))
        else:
            sections.setdefault(section, []).append(line)
    return _compiled(lists, sections)


def _compiled(lists: dict[str, list[str]], sections: dict[str, list[str]]) -> Rules:
    compiled = Rules()
    for section, lines in sections.items():
        name, _, of_rules = section.partition(": ")
        if section == "turned round":
            compiled.turned_round.extend(_wording(line + " $", lists) for line in lines)
        elif name == "oneself":
            guards = [_wording(line + " $", lists) for line in lines]
            compiled.oneself.update(dict.fromkeys(of_rules.split(", "), guards))
        else:
            compiled.wordings[section] = [_wording(line, lists) for line in lines]
    return compiled


TOKEN = re.compile(
    r"(?P<open>[=!]?\()|(?P<close>\))|(?P<either>\|(?= ))|(?P<words>[^\s?*+{]+)|(?P<often>[?*+]|\{\d,\d\})|\s"
)
OPENING = {"(": "(?:", "=(": "(?=", "!(": "(?!"}


def _wording(line: str, lists: dict[str, list[str]]) -> re.Pattern[str]:
    """One line of the rules as an expression over words that each have a space behind them."""
    parts = [r"(?<![^ ])"]
    for token in TOKEN.finditer(line):
        if token["open"]:
            parts.append(OPENING[token["open"]])
        elif token["words"] in ("^", "$"):
            parts.append(token["words"])
        elif token["words"]:
            parts.append(_one_of(lists.get(token["words"]) or token["words"].split("|")))
        else:
            parts.append((token["close"] or token["either"] or token["often"] or "").strip())
    return re.compile("".join(parts))


def _one_of(phrases: list[str]) -> str:
    longest_first = sorted(phrases, key=len, reverse=True)
    return f"(?:(?:{'|'.join(re.escape(phrase) for phrase in longest_first)}) )"
