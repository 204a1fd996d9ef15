"""A stand-in for the providers: an SMTP server, and an HTTP server that speaks Twilio's API and takes signed posts.

    python -m messaging.simulator --http-port 8025 --smtp-port 2525

Nothing leaves this machine: what it accepts it keeps in memory and shows at `/`. It is a
program of its own and shares no code with the rest of the product, so that what it answers
is judged by Twilio's documentation and never by our own understanding of it.

Texts and calls. The last four digits of `To` choose the answer:

    1211                    HTTP 400, code 21211: not a phone number
    1610                    HTTP 400, code 21610: the recipient has opted out (texts only)
    0429                    HTTP 429, code 20429, Retry-After: 1
    0500, 0503              HTTP 500, HTTP 503; nothing is accepted
    3003 … 3008             accepted, then undelivered with ErrorCode 30003 … 30008
                            (a call: 3003 no-answer, 3004 busy, the others failed)
    0009, 0005              (a call) answered, and 9 or 5 is pressed
    0997                    accepted, answered after 5 s
    0998                    accepted, connection closed without an answer
    0999                    accepted, never answered (closed after 120 s)
    any other               accepted, then `sent` and `delivered`

A call that is answered hears its TwiML (given inline, or fetched from `Url`), and a key that is
pressed is posted, signed, to the action of its Gather. WhatsApp (`whatsapp:+…`) and Messenger
(`messenger:…`) are texts. `POST /endpoint` takes `{"id", "channel", "to", "body"}` signed as
Standard Webhooks with the secret `whsec_aGVlZC1wcm92aWRlci1zaW11bGF0b3ItMDE=`; the last four
digits of `to` choose its answer too.

Emails. The local part of the recipient chooses the answer:

    bounce511@              550 5.1.1 to RCPT
    defer451@               451 4.2.0 to RCPT
    reject554@              554 5.7.1 after the message
    hang@                   accepted, never answered (closed after 120 s)
    drop@                   accepted, connection closed without an answer
    any other               accepted

For programs (times are Unix seconds with microseconds; `began_at` is when the request
reached us, for an email its MAIL command; `received_at` is when we had accepted it):

    GET    /_kept.json      ?kind=sms|email|call|http &to= &since= &before=ID &limit=; newest first
    GET    /_count.json     accepted since the last clearing: sms, email, call, http, inbound
    DELETE /_kept           forgets everything, and callbacks that wait (also POST /_clear)
    GET, POST /_settings    callbacks (true), callback_delay (0.2), sms_delay, email_delay (0),
                            fail_next {"status", "times"[, "code", "accept"]}: HTTP answers,
                            smtp_fail_next {"status", "times"}: answers to RCPT
    POST   /_inbound        {"account_sid", "to", "from", "body", "url"[, "OptOutType"]}: a text
                            from a contact, posted to `url` with a signature; answers
                            {"sid", "status", "body", "error"}. Without `url` it is only listed,
                            as if the webhook had been lost. Also "MessageSid" (the same again),
                            "date_sent", "auth_token" (to sign with), "kind": "call", "params"
"""
