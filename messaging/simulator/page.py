"""The page that shows what was accepted. No script, nothing fetched from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from messaging.simulator import magic
from messaging.simulator.records import EmailRecord, PhoneRecord
from messaging.simulator.simulation import Simulation

SHOWN = 50
LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #f2f2f2; --quiet: #555; --link: #0645ad;
  background: #fff; color: #1a1a1a; }
@media (prefers-color-scheme: dark) {
  :root { --soft: #242424; --quiet: #b5b5b5; --link: #9cf; background: #151515; color: #eee; } }
a { color: var(--link); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; }
.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: .5rem;
  margin: 1rem 0; }
.counts div { background: var(--soft); border-radius: .5rem; padding: .5rem .75rem; }
.counts dt { color: var(--quiet); font-size: .875rem; }
.counts dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
form { display: inline-flex; flex-wrap: wrap; gap: .5rem; align-items: center;
  margin: 0 1rem .5rem 0; }
input, button { font: inherit; padding: .35rem .6rem; min-height: 2.5rem; max-width: 100%; }
ol { list-style: none; margin: 0; padding: 0; }
ol > li { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; margin: 0 0 .5rem; }
.about { color: var(--quiet); font-size: .875rem; margin: 0; }
pre { white-space: pre-wrap; background: var(--soft); border-radius: .25rem; margin: .5rem 0 0;
  padding: .5rem; font: .9rem/1.4 ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; margin: 0 0 1rem; } caption { text-align: left; }
th, td { border-top: 1px solid var(--line); padding: .35rem .5rem .35rem 0; text-align: left;
  vertical-align: top; }
th { white-space: nowrap; }
.empty p:first-child { margin-top: 0; }
.empty { border: 1px dashed var(--line); border-radius: .5rem; padding: 1rem; }
"""


def render(simulation: Simulation, to: str, host: str) -> str:
    store = simulation.store
    phones = [
        record
        for shelf in (store.texts, store.calls, store.posts)
        for record in shelf.newest(to=to, limit=SHOWN)
    ]
    phones.sort(key=lambda record: record.received_at, reverse=True)
    emails = store.emails.newest(to=to, limit=SHOWN)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>Provider simulator</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>Provider simulator</h1>
<p>It accepts texts, calls and emails in place of the providers. Nothing shown here left this
machine, and all of it is forgotten when the simulator stops.</p>
</header>
<main>
{_counts(store.counts)}
{_forms(to)}
<h2 id="phones">Texts, calls and what was posted</h2>
{_phones(phones[:SHOWN], to, host)}
<h2 id="emails">Emails</h2>
{_emails(emails, to)}
<h2 id="magic">Magic addresses</h2>
<p>Who a message goes to chooses what becomes of it.</p>
{_magic_phones()}
{_magic_mailboxes()}
</main>
</body>
</html>
"""


def _counts(counts: dict[str, int]) -> str:
    names = {
        "sms": "Texts", "call": "Calls", "email": "Emails", "http": "Posted", "inbound": "From contacts",
    }  # fmt: skip
    items = (f"<div><dt>{name}</dt><dd>{counts[key]:,}</dd></div>" for key, name in names.items())
    return f'<dl class="counts">{"".join(items)}</dl>'


def _forms(to: str) -> str:
    all_of_them = '<a href="/">Show all</a>' if to else '<a href="/">Refresh</a>'
    return f"""<form action="/" method="get" role="search">
<label for="to">To</label>
<input id="to" name="to" value="{escape(to)}" autocomplete="off" placeholder="phone or email">
<button>Find</button> {all_of_them}
</form>
<form action="/_clear" method="post"><button>Forget everything</button></form>"""


def _phones(records: Sequence[PhoneRecord], to: str, host: str) -> str:
    if records:
        return f"<ol>{''.join(_phone(record) for record in records)}</ol>"
    if to:
        return f'<p class="empty">No text or call to {escape(to)}.</p>'
    example = (
        f"curl -u AC0001:any-token http://{host}/2010-04-01/Accounts/AC0001/Messages.json \\\n"
        "  --data-urlencode To=+14155550100 --data-urlencode From=+14155550199 -d Body=Hello"
    )
    return f"""<div class="empty"><p>Nothing yet. Texts appear here when a contact is sent one.
To try the simulator alone, with any account and token:</p><pre>{escape(example)}</pre></div>"""


def _phone(record: PhoneRecord) -> str:
    what = {"call": "Call", "http": "Posted"}.get(record.kind, "Text")
    heard = "".join(f'<p class="about">Heard: {escape(said)}</p>' for said in record.said if said)
    way = "from" if record.direction == "inbound" else "to"
    other = record.sender if way == "from" else record.to
    error = f", error {record.error_code}" if record.error_code else ""
    told = ", ".join(f"{name}: {code or 'no answer'}" for name, code in record.callbacks)
    callbacks = f'<p class="about">Callbacks answered: {escape(told)}</p>' if told else ""
    return f"""<li><h3>{what} {way} {escape(other)}</h3>
<p class="about">{_time(record.received_at)} · {escape(record.status)}{error} ·
from {escape(record.sender)} to {escape(record.to)} · {escape(record.id)}</p>
<pre>{_linked(record.body)}</pre>{heard}{callbacks}</li>"""


def _emails(records: Sequence[EmailRecord], to: str) -> str:
    if records:
        return f"<ol>{''.join(_email(record) for record in records)}</ol>"
    if to:
        return f'<p class="empty">No email to {escape(to)}.</p>'
    return """<p class="empty">Nothing yet. Emails appear here when a contact is sent one, or when
any program hands one to the SMTP port that the simulator printed when it started.</p>"""


def _email(record: EmailRecord) -> str:
    told = {name: str(value) for name, value in record.as_json().items()}
    source = record.raw.decode("utf-8", "replace")
    return f"""<li><h3>{escape(told["subject"] or "(no subject)")}</h3>
<p class="about">{_time(record.received_at)} · to {escape(told["to"])} ·
from {escape(record.sender)} · {escape(record.id)}</p>
<pre>{_linked(told["body"] or told["html"])}</pre>
<details><summary>Source of “{escape(told["subject"] or "(no subject)")}”</summary>
<pre>{escape(source)}</pre></details></li>"""


def _magic_phones() -> str:
    rows = {f"…{digits}": magic.PHONES[digits].shown for digits in magic.PHONES}
    rows["any other"] = magic.ORDINARY_PHONE.shown
    return _table("Texts and calls, by the last four digits", "Number", rows)


def _magic_mailboxes() -> str:
    rows = {f"{name}@…": magic.MAILBOXES[name].shown for name in magic.MAILBOXES}
    rows["any other"] = magic.ORDINARY_MAILBOX.shown
    return _table("Emails, by the part before the @", "Address", rows)


def _table(caption: str, first: str, rows: dict[str, str]) -> str:
    lines = (
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(shown)}</td></tr>'
        for name, shown in rows.items()
    )
    return f"""<table><caption>{caption}</caption>
<thead><tr><th scope="col">{first}</th><th scope="col">What happens</th></tr></thead>
<tbody>{"".join(lines)}</tbody></table>"""


def _time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f'<time datetime="{moment.isoformat()}">{moment:%Y-%m-%d %H:%M:%S} UTC</time>'


def _linked(text: str) -> str:
    """Escaped, and what looks like an address can be followed: unsubscribe links are tried here."""
    pieces, end = [], 0
    for found in LINK.finditer(text):
        address = found.group()
        # Other characters are percent-encoded, so that what is clicked is what was sent.
        target = escape(quote(address, safe=":/?#[]@!$&'()*+,;=%~"))
        pieces.append(escape(text[end : found.start()]))
        pieces.append(f'<a href="{target}" rel="noreferrer noopener">{escape(address)}</a>')
        end = found.end()
    return "".join(pieces) + escape(text[end:])
