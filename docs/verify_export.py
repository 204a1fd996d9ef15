"""Verify an export of Heed's ledger with Python alone: python verify_export.py ledger.jsonl (or ledger.csv)."""

import csv
import hashlib
import json
import sys

PARSED = ("business_id", "contact_id", "version", "enabled", "channels", "grounds", "evidence")


def verify(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        before, seal, count, end = {"contact_id": 0}, "", 0, None
        for line, raw, again in (from_csv if path.endswith("csv") else from_json)(file):
            fits = end is None and raw == again
            if "end" in line:
                fits, end = fits and line == {"end": {"lines": count, "seal": seal}}, line
            else:
                same = line["contact_id"] == before["contact_id"]
                last = (before["version"], before["hash"]) if same else (0, "")
                sealed = hash_of(canonical({name: line[name] for name in line if name != "hash"}))
                fits = fits and (line["version"] - 1, line["previous_hash"], sealed) == (*last, line["hash"])
                fits = fits and (same or line["contact_id"] > before["contact_id"])
                before, seal, count = line, hash_of(seal + line["hash"]), count + 1
            if not fits:
                raise ValueError(f"line {count} was changed: {raw[:80]!r}")
        if end is None:
            raise ValueError("the end is missing")
        return count


def from_json(file):
    for raw in file:
        line = json.loads(raw)
        yield line, raw, canonical(line) + "\n"


def from_csv(file):
    raw, names, echo = [], None, csv.writer(type("Echo", (), {"write": lambda self, text: text})())
    for cells in csv.reader(raw.append(line) or line for line in file):
        if cells[0] == "end":
            yield {"end": {"lines": int(cells[1]), "seal": cells[2]}}, "".join(raw), echo.writerow(cells)
        elif names:
            line = {
                n: json.loads(c) if n in PARSED else c.removeprefix("'")
                for n, c in zip(names, cells, strict=True)
            }
            yield line | {"ends_at": line["ends_at"] or None}, "".join(raw), echo.writerow(cells)
        names = names or cells
        raw.clear()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hash_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{verify(sys.argv[1]):,} lines, all as they were written\n")
    except (ValueError, LookupError, TypeError, csv.Error) as error:
        sys.exit(f"Changed: {error}")
