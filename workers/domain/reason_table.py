"""The sentences for every error code of Twilio that we know, one block a row of twilio.md §6.4.

A block is `codes | when | kind | retry | batch`, a sentence for the rep, and advice for admins and
support. `batch`: `stop` = the next people would fail too; `many` = stop once a share of them did.
Codes after https://www.twilio.com/docs/api/errors, words our own.
"""

from __future__ import annotations

TABLE = """
20003 | answer | account | fix | stop
The text account refuses our login. Ask an admin to connect it again.
Enter the account SID and key again; the key may be revoked or may lack the Messages permission.

20005 10001 30002 | either | account | fix | stop
The text account is suspended or out of funds. Ask an admin to top it up.
Top up the Twilio account, or contact Twilio about the suspension.

20404 | answer | account | fix | stop
The text account can't be found. Ask an admin to check its settings.
Check the account SID and the Messaging Service SID.

20429 | answer | throttle | auto | go
The text service asks us to slow down. This one goes out a little later; there is nothing to do.
Nothing to do. Twilio did not take this request.

20500 20503 30500 | either | platform | user | go
The text service has a problem. Wait a few minutes before you text this person again.
As an answer: we are checking whether it went out. As a receipt: it did not.

20001 21602 21603 21604 21619 21658 21609 21624 | answer | bug | no | stop
We asked for this text in a wrong way. Tell support, there is nothing you can fix.
A fault of Volley's request. Tell its makers the code.

10002 21608 21219 | answer | account | fix | stop
The text account is a trial and reaches verified numbers only. Ask an admin to upgrade it.
Upgrade the Twilio account, or verify the number in its console.

30044 30454 63038 | either | account | later | stop
The text account's limit for today is used up. Go on tomorrow, or ask an admin to raise it.
Wait 24 hours, or upgrade the account.

30037 | receipt | account | fix | stop
The text account may not send at the moment. Ask an admin.
Outbound messaging is switched off for this account. Ask Twilio's support.

21211 21217 21401 21421 | answer | permanent | no | go
This isn't a complete phone number. Correct it in Pipedrive (with + and the country code), then text them again.
Twilio can't read the number.

21266 | answer | permanent | no | go
This is the number we send from. Choose a number of theirs.
To and From are the same number.

21614 | answer | permanent | no | go
This isn't a mobile number. Use another number of theirs.
Remembered: the number is not texted again.

21635 30006 | either | permanent | no | go
This number can't receive texts; it is most likely a landline. Call them, or use another number.
Remembered as a landline: the number is not texted again.

21612 | answer | sender | fix | go
Our number can't reach this one. Ask an admin whether another sender can.
Check the sender against the rules of that country, or add a sender that reaches it.

21408 | answer | account | fix | go
Texts to this country are switched off. Ask an admin to switch the country on.
Enable the country under Messaging > Settings > Geo permissions in Twilio's console.

21606 21659 21660 21661 21212 21616 | answer | sender | fix | stop
The number we send from can't be used. Ask an admin to choose it again.
The sender isn't yours, can't send texts, or is a short code of another country.

21657 21708 21709 30042 | either | sender | fix | stop
The sender name isn't allowed. Ask an admin to choose another one.
Pick or register a different sender ID.

21701 21702 21705 | answer | sender | fix | stop
The sender is missing. Ask an admin to choose it again.
The Messaging Service doesn't exist any more, or isn't this account's; select it again.

21703 21704 | either | sender | fix | stop
No number of ours can reach them. Ask an admin to add one.
The Messaging Service has no suitable number in its sender pool; add one.

21664 21666 21667 | answer | bug | no | go
We asked for this text in a wrong way. Tell support, there is nothing you can fix.
The fallback sender is misconfigured.

21610 30630 | either | opted_out | no | go
They replied STOP, so they get no more texts. Only they can change that, by texting START.
Remembered: the number is not texted again.

21611 30001 | either | throttle | auto | go
Too many texts are waiting for our number. Try again later.
Spread the texts out or add senders: a US long code sends about one a second.

14107 | receipt | throttle | user | go
This number got too many texts within 30 seconds. Wait a minute before you try again.
Twilio's loop guard between two numbers.

21617 30019 | either | content | fix | stop
The text is too long. Write a shorter one (at most 1,600 characters).
Merge fields count with the words they become.

21618 63021 63005 63013 | either | content | fix | go
The mobile network doesn't take these words. Change the text and try again.
For 63005 also check that they use WhatsApp.

21620 21623 63019 11751 | either | content | fix | stop
The attachment can't be fetched. Check its link.
The link must answer without a login, with the right type and size.

21654 21655 21656 63027 63028 | either | content | fix | stop
The template and its fields don't match. Choose the template again.
Compare the template's variables with what is filled in.

30003 | receipt | temporary | later | go
Their phone is off, out of reach or can't receive texts now. Try again later.
If it repeats, treat the number as bad.

30004 | receipt | permanent | no | go
They, or their mobile network, block our texts. Reach them another way.
Blocked by the person, the carrier or a do-not-disturb list.

30005 | receipt | permanent | no | go
This number is not in service any more. Ask them for the new one.
Unknown to the carrier.

30007 | receipt | content | fix | many
The mobile network treats this text as unwanted. Change its words and links, and ask an admin before you try again.
Filtered by Twilio or the carrier. Check wording, links, registration and consent; don't repeat it unchanged.

30008 | receipt | temporary | user | go
The mobile network gives no reason. Try once more.
Unknown error at the carrier.

30010 | receipt | bug | no | go
The text service stops this text because of a price limit. Tell support, there is nothing you can fix.
Obsolete code: MaxPrice has no effect since 2024-06-03.

30017 | receipt | throttle | later | go
The mobile network is too busy. Try again later.
Carrier congestion; spread the texts out.

30018 30040 | receipt | sender | fix | many
This country takes texts from registered sender names only. Ask an admin to register one.
Register a sender ID for that country.

30024 30035 | receipt | sender | fix | go
Our number isn't fully set up at their mobile network yet. Ask an admin, or try again in a few days.
The sender is still being provisioned at the carrier; wait, or ask Twilio.

30022 | receipt | throttle | auto | go
We text faster than the mobile networks allow us. Try again later.
Over the rate of the campaign; slow down.

30023 30025 30026 30027 | receipt | throttle | later | go
Today's limit at this mobile network is used up. Go on tomorrow.
The carrier's daily cap; it resets at midnight Pacific time. 30025 and 30026 are warnings.

30032 | receipt | sender | fix | stop
Our toll-free number isn't verified. Ask an admin to finish that.
Submit the toll-free verification in Twilio's console.

30033 | receipt | sender | fix | stop
The registration of our number is suspended. Ask an admin.
The 10DLC campaign is suspended; ask Twilio's support.

30034 | receipt | sender | fix | stop
Our US number isn't registered for business texts. Ask an admin to register it.
Register brand and campaign (A2P 10DLC) in Twilio's console; it takes 10 to 15 business days.

30036 | receipt | throttle | user | go
The text waited too long and was dropped. Send it again.
Its validity ended in Twilio's queue; add senders or allow more time.

30041 | receipt | sender | fix | go
The UK takes this text from a registered sender only. Ask an admin.
Send Twilio a letter of authorisation.

30043 | receipt | sender | fix | go
The mobile network doesn't accept the way this text comes. Ask an admin.
The operator sees the route as wrong (international or domestic); ask Twilio's support.

30410 | receipt | platform | later | go
The mobile network didn't answer in time. Send it again only if they haven't got it.
Twilio did not repeat it, to avoid a duplicate.

30450 30453 30485 | receipt | temporary | later | go
Texts to this number are held back because of suspected abuse. Try again in some hours.
Add the number to Twilio's safe list, or wait.

30610 30615 | receipt | content | later | go
It is too late or too early where they are. Send it in their daytime.
Outside the hours in which texts are allowed at the recipient's place.

30620 | receipt | sender | fix | go
This text isn't what our number is registered for. Ask an admin for another sender.
The content doesn't match the sender's registered use.

30640 | receipt | permanent | no | go
This number is blocked for legal reasons. Don't contact them.
A known litigator (US), says Twilio's Compliance Toolkit.
"""
