"""What the vault seals opens for the same row and secret only."""

from __future__ import annotations

import pytest

from workers.domain.errors import CannotOpen
from workers.vault import AesVault

OLD, NEW = "o" * 32, "n" * 32
ROW = "installations/1/7/access_token"


def test_what_was_sealed_opens_again_for_the_same_row() -> None:
    vault = AesVault([NEW])
    assert vault.open(vault.seal(b"secret", row=ROW), row=ROW) == b"secret"


def test_a_sealed_value_hides_its_content_and_is_never_the_same_twice() -> None:
    vault = AesVault([NEW])
    first, second = vault.seal(b"secret", row=ROW), vault.seal(b"secret", row=ROW)
    assert b"secret" not in first
    assert first != second


def test_a_value_swapped_into_another_row_does_not_open() -> None:
    vault = AesVault([NEW])
    with pytest.raises(CannotOpen):
        vault.open(vault.seal(b"secret", row=ROW), row="installations/2/7/access_token")


def test_an_older_secret_still_opens_while_it_is_listed() -> None:
    sealed = AesVault([OLD]).seal(b"secret", row=ROW)
    assert AesVault([NEW, OLD]).open(sealed, row=ROW) == b"secret"


def test_the_first_secret_seals() -> None:
    sealed = AesVault([NEW, OLD]).seal(b"secret", row=ROW)
    assert AesVault([NEW]).open(sealed, row=ROW) == b"secret"


def test_a_secret_that_was_dropped_no_longer_opens() -> None:
    sealed = AesVault([OLD]).seal(b"secret", row=ROW)
    with pytest.raises(CannotOpen):
        AesVault([NEW]).open(sealed, row=ROW)


def test_every_flipped_byte_and_every_cut_is_noticed() -> None:
    vault = AesVault([NEW])
    sealed = vault.seal(b"secret", row=ROW)
    damaged = [sealed[:at] for at in range(len(sealed))]
    for at in range(len(sealed)):
        damaged.append(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
    for value in damaged:
        with pytest.raises(CannotOpen):
            vault.open(value, row=ROW)


def test_the_error_says_nothing_about_the_secret() -> None:
    vault = AesVault([NEW])
    with pytest.raises(CannotOpen) as caught:
        vault.open(vault.seal(b"secret", row=ROW), row="elsewhere")
    assert "secret" not in str(caught.value)


def test_a_vault_without_a_secret_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one"):
        AesVault([])
