"""The sentences for the error codes that only WhatsApp and RCS have, as in `reason_table`."""

from __future__ import annotations

TABLE = """
63033 | receipt | opted_out | no | go
They don't want WhatsApp marketing. Only they can change that, in WhatsApp.
Remembered: the number is not written to again.

63001 63007 63008 63020 63022 | either | sender | fix | stop
Our WhatsApp sender isn't connected. Ask an admin to finish its set-up.
63020: accept Twilio's invitation in Meta Business Manager.

63003 63024 | either | permanent | no | go
They can't be reached on WhatsApp. Send them a text (SMS) instead.
Not on WhatsApp, an old app, or its terms not accepted.

63015 | either | account | fix | go
They haven't joined the WhatsApp sandbox. Ask them to send its join phrase.
Sandbox only; production senders have no join phrase.

63016 | receipt | content | fix | stop
More than 24 hours since they last wrote, so WhatsApp wants a template. Choose one.
Outside the 24-hour window only approved templates are delivered.

63017 63018 | either | throttle | auto | go
WhatsApp's limit for our number is reached. Try again later.
Rate or daily limit of the WhatsApp sender.

63009 63010 63012 63023 | receipt | platform | user | go
WhatsApp has a problem. Try again in a few minutes.
A fault at WhatsApp or between it and Twilio.

63030 | either | bug | no | go
A part of this message isn't allowed in a template. Tell support.
Unsupported parameter of the template.

63032 | receipt | permanent | no | go
WhatsApp doesn't allow this message to them. Reach them another way.
A limitation that WhatsApp sets on this user.

63036 | receipt | temporary | user | go
They can't be reached by RCS. Send them a text (SMS) instead.
Use a sender with SMS fallback.

63040 63041 63042 | receipt | content | fix | stop
WhatsApp doesn't accept this template now. Choose another one.
Rejected, paused or disabled by Meta.

63049 | receipt | temporary | later | go
WhatsApp chooses not to show them another marketing message now. Don't repeat it soon.
Meta limits marketing per person; use a utility template only where it is one.

63051 63112 | either | sender | fix | stop
Our WhatsApp account is locked. Ask an admin.
The WhatsApp business account is locked or disabled by Meta.

63062 | either | account | fix | stop
WhatsApp's terms for marketing messages aren't accepted. Ask an admin.
Accept Meta's Marketing Messages terms in WhatsApp Manager.
"""
