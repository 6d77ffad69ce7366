"""A company connects its own Twilio account: verified, given a sender, never shown again."""

from __future__ import annotations

import pytest

from tests.counter import ACCOUNT, KEY, NUMBER, SERVICE, TOKEN, Counter, choose, connect, words
from tests.door import Browser

pytestmark = pytest.mark.anyio


async def test_an_account_is_verified_then_given_a_sender(counter: Counter, admin: Browser) -> None:
    accounts = counter.door.runtime.accounts
    assert await accounts.of(42) is None
    assert "can send yet" in words(await admin.get("/settings"))

    assert (await connect(admin)).status_code == 303
    shown = await admin.get("/settings")
    assert SERVICE in shown.text
    assert NUMBER in shown.text
    assert await accounts.of(42) is None, "without a sender nobody sends"

    saved = await choose(admin, SERVICE)
    assert "can send now" in words(await admin.get(saved.headers["location"]))
    account = await accounts.of(42)
    assert account is not None
    assert (account.account_sid, account.origin, account.auth_tokens) == (
        ACCOUNT,
        SERVICE,
        (TOKEN,),
    )


async def test_a_key_signs_in_and_the_token_checks_receipts(
    counter: Counter, admin: Browser
) -> None:
    await connect(admin, key_sid=KEY[0], key_secret=KEY[1])
    await choose(admin)
    account = await counter.door.runtime.accounts.of(42)
    assert account is not None
    assert (account.username, account.password, account.auth_tokens) == (*KEY, (TOKEN,))


async def test_no_secret_is_shown_again_or_stored_readably(
    counter: Counter, admin: Browser
) -> None:
    answers = [
        await connect(admin, key_sid=KEY[0], key_secret=KEY[1]),
        await admin.get("/settings"),
        await choose(admin),
        await admin.get("/settings"),
        await connect(admin, key_sid=KEY[0], key_secret="wrong-secret"),
        await connect(admin, auth_token="wrong-token-0123"),
    ]
    for answer in answers:
        for secret in (TOKEN, KEY[1], "wrong-secret", "wrong-token-0123"):
            assert secret not in answer.text
    stored = await counter.stored()
    assert ACCOUNT in stored
    for secret in (TOKEN, KEY[1]):
        assert secret.encode().hex() not in stored
        assert secret not in stored


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"auth_token": "wrong-token-0123"}, "Twilio doesn't accept this login."),
        ({"account_sid": "AC" + "9" * 32}, "Twilio doesn't accept this login."),
        ({"key_sid": KEY[0], "key_secret": "wrong-secret"}, "Twilio doesn't accept this login."),
        (
            {"key_sid": KEY[0], "key_secret": KEY[1], "auth_token": "wrong-token-0123"},
            "Twilio doesn't accept this auth token.",
        ),
        (
            {
                "account_sid": "AC" + "9" * 32,
                "key_sid": KEY[0],
                "key_secret": KEY[1],
                "auth_token": "",
            },
            "This login belongs to another Twilio account.",
        ),
        ({"account_sid": "AC123"}, "The Account SID starts with AC"),
        ({"account_sid": KEY[0]}, "The Account SID starts with AC"),
        ({"account_sid": ""}, "The Account SID starts with AC"),
        ({"key_sid": "AC" + "1" * 32}, "An API key's SID starts with SK"),
        ({"key_sid": KEY[0]}, "An API key has two parts"),
        ({"key_secret": "lonely-secret"}, "An API key has two parts"),
        ({"auth_token": ""}, "Type an API key with its secret"),
        ({"auth_token": "with a space in it"}, "A secret has letters and digits only"),
        ({"auth_token": "ключ-от-квартиры"}, "A secret has letters and digits only"),
    ],
)
async def test_a_login_that_is_refused_is_explained_and_not_stored(
    counter: Counter, admin: Browser, fields: dict[str, str], said: str
) -> None:
    answer = await connect(admin, **fields)
    assert answer.status_code == 422
    assert said in words(answer)
    assert "Nothing was stored." in words(answer)
    assert await counter.stored() == ""


async def test_a_key_without_the_permission_is_told_so(counter: Counter, admin: Browser) -> None:
    counter.twilio.account_fault = (403, 20403)
    answer = await connect(admin)
    assert "This key may not read or send texts." in words(answer)
    assert await counter.stored() == ""


async def test_a_suspended_account_is_told_so(counter: Counter, admin: Browser) -> None:
    counter.twilio.account_fault = (401, 10001)
    assert "suspended or closed" in words(await connect(admin))


@pytest.mark.parametrize(
    ("status", "code", "said"), [(503, 20503, "doesn't answer"), (429, 20429, "is busy")]
)
async def test_a_twilio_that_does_not_answer_is_no_wrong_login(
    counter: Counter, admin: Browser, status: int, code: int, said: str
) -> None:
    counter.twilio.fail_next(status, code, on="list")
    answer = await connect(admin)
    assert answer.status_code == 409
    assert f"Twilio {said} right now." in words(answer)
    assert await counter.stored() == ""
    assert (await connect(admin)).status_code == 303


async def test_what_a_key_may_not_list_is_typed(counter: Counter, admin: Browser) -> None:
    counter.twilio.closed |= {"services", "numbers"}
    await connect(admin)
    page = await admin.get("/settings")
    assert "Not all Messaging Services and numbers" in words(page)
    await admin.post("/settings", {"section": "sender", "sender": "+372 (555) 000-01"})
    account = await counter.door.runtime.accounts.of(42)
    assert account is not None
    assert account.origin == NUMBER


@pytest.mark.parametrize(
    "sender", ["", "hello", "55500001", "MG" + "9" * 32, "+0", "AC" + "1" * 32]
)
async def test_what_is_no_sender_is_refused(counter: Counter, admin: Browser, sender: str) -> None:
    await connect(admin)
    answer = await admin.post(
        "/settings", {"section": "sender", "listed": "other", "sender": sender}
    )
    assert answer.status_code == 422
    assert await counter.door.runtime.accounts.of(42) is None
    assert (await choose(admin)).status_code == 303, "the login is still kept"


async def test_a_sender_without_a_login_is_refused(counter: Counter, admin: Browser) -> None:
    assert (await choose(admin)).status_code == 409
    await connect(admin)
    await counter.execute("UPDATE company_accounts SET changed_at = now() - interval '61 minutes'")
    assert (await choose(admin)).status_code == 409


async def test_a_voice_number_is_not_offered(counter: Counter, admin: Browser) -> None:
    counter.twilio.voice_only |= {NUMBER}
    await connect(admin)
    assert NUMBER not in (await admin.get("/settings")).text


async def test_while_a_new_login_waits_the_old_one_sends(counter: Counter, admin: Browser) -> None:
    await connect(admin)
    await choose(admin)
    assert (await connect(admin, auth_token="wrong-token-0123")).status_code == 422
    await connect(admin, key_sid=KEY[0], key_secret=KEY[1])
    account = await counter.door.runtime.accounts.of(42)
    assert account is not None
    assert (account.username, account.origin) == (ACCOUNT, NUMBER)
    await admin.post("/settings", {"section": "cancel"})
    assert (await choose(admin)).status_code == 409


async def test_another_sender_needs_no_new_secret(counter: Counter, admin: Browser) -> None:
    await connect(admin)
    await choose(admin, SERVICE)
    await admin.post("/settings", {"section": "resender"})
    await choose(admin, NUMBER)
    account = await counter.door.runtime.accounts.of(42)
    assert account is not None
    assert (account.origin, account.password) == (NUMBER, TOKEN)


async def test_disconnected_nobody_sends_but_receipts_are_still_known(
    counter: Counter, admin: Browser
) -> None:
    await connect(admin)
    await choose(admin)
    for _ in range(2):
        answer = await admin.post("/settings", {"section": "disconnect"})
        assert answer.status_code == 303
    accounts = counter.door.runtime.accounts
    assert await accounts.of(42) is None
    former = await accounts.made_with(42, account_sid=ACCOUNT)
    assert former is not None
    assert await accounts.made_with(43, account_sid=ACCOUNT) is None


async def test_a_login_whose_key_is_gone_asks_to_connect_again(
    counter: Counter, admin: Browser
) -> None:
    await connect(admin)
    await choose(admin)
    await counter.execute("UPDATE company_accounts SET secrets = '\\x00'::bytea || secrets")
    assert await counter.door.runtime.accounts.of(42) is None
    assert "can't be opened any more" in words(await admin.get("/settings"))
    await connect(admin)
    await choose(admin)
    assert await counter.door.runtime.accounts.of(42) is not None
