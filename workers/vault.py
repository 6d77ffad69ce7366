"""Seals secrets for the database with AES-256-GCM, bound to the row they belong to."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from workers.domain.errors import CannotOpen

_KEY_ID = 8  # bytes in front of every sealed value: which key sealed it
_NONCE = 12  # bytes, as NIST SP 800-38D §8.2 wants for random nonces


class AesVault:
    """Fulfils `ports.outside.Vault`: the first secret seals, all of them open (rotation).

    A sealed value is key id + nonce + ciphertext + tag. The row's identity is associated data, so
    a value that was copied into another row does not open.
    """

    def __init__(self, secret_keys: Sequence[str]) -> None:
        if not secret_keys:
            raise ValueError("a vault needs at least one secret")
        keys = [
            (_derive(key, b"id", _KEY_ID), AESGCM(_derive(key, b"key", 32))) for key in secret_keys
        ]
        self._id, self._seals = keys[0]
        self._opens = dict(keys)

    @property
    def mark(self) -> bytes:
        """What every value begins with that the first secret sealed."""
        return self._id

    def seal(self, plain: bytes, *, row: str) -> bytes:
        """`plain`, readable only for who has the secret and asks for the same `row`."""
        nonce = os.urandom(_NONCE)
        return self._id + nonce + self._seals.encrypt(nonce, plain, row.encode())

    def open(self, sealed: bytes, *, row: str) -> bytes:
        """What was sealed for `row`; `CannotOpen` for anything else."""
        sealed = bytes(sealed)
        key = self._opens.get(sealed[:_KEY_ID])
        if key is None:
            raise CannotOpen("sealed with a key that is not in SECRET_KEY (any more)")
        nonce, body = sealed[_KEY_ID : _KEY_ID + _NONCE], sealed[_KEY_ID + _NONCE :]
        try:
            return key.decrypt(nonce, body, row.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: too short to be one of ours
            raise CannotOpen("changed, cut short, or sealed for another row") from error


def _derive(secret: str, purpose: bytes, length: int) -> bytes:
    """Different bytes per secret and purpose, so a key's id says nothing about the key."""
    info = b"volley vault " + purpose
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret.encode())
