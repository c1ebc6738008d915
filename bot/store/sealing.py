"""Secrets at rest: the first key encrypts, every key decrypts, so that keys can be changed without a stop."""

from collections.abc import Sequence
from contextlib import suppress

from nacl.encoding import URLSafeBase64Encoder as Base64
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from bot.keys import read_key

CLEAR = "clear:"


def in_clear(text: str) -> str:
    """Text that is no secret, as it stands where others are sealed; `Sealing.open` brings it back."""
    return CLEAR + text


class BadKey(ValueError):
    """A key that cannot be used; the text says which, never the key itself."""


class Unreadable(Exception):
    """Something stored was encrypted with a key that is no longer configured."""


class Sealing:
    """Encrypts text for the database. Without keys it protects nothing, and says so by `protects`.

    A deployment with one workspace keeps its token in the environment and needs no keys; what it stores in clear then
    is at most an ephemeral message's response_url, which is worthless after thirty minutes.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._boxes = tuple(_box(number, key) for number, key in enumerate(keys, start=1))

    def __repr__(self) -> str:
        return f"<Sealing {'with keys' if self.protects else 'without keys'}>"

    @property
    def protects(self) -> bool:
        """Whether there is a key at all."""
        return bool(self._boxes)

    def seal(self, clear: str) -> str:
        """The text as it may be stored."""
        return self._boxes[0].encrypt(clear.encode(), encoder=Base64).decode() if self._boxes else in_clear(clear)

    def open(self, sealed: str) -> str:
        """The text that was sealed; raises `Unreadable` when its key is not configured."""
        if sealed.startswith(CLEAR):
            return sealed.removeprefix(CLEAR)
        if not self._boxes:
            raise Unreadable("Something stored is encrypted and ENCRYPTION_KEY is not set.")
        for box in self._boxes:
            with suppress(CryptoError, ValueError):
                return box.decrypt(sealed.encode(), encoder=Base64).decode()
        raise Unreadable("Something stored was encrypted with a key that ENCRYPTION_KEY no longer holds.")

    def reseal(self, sealed: str) -> str:
        """The same text under the first key."""
        return self.seal(self.open(sealed))


def _box(number: int, key: str) -> SecretBox:
    try:
        return SecretBox(read_key(key))
    except ValueError:
        raise BadKey(
            f"Key {number} of ENCRYPTION_KEY is not a key (32 bytes in URL-safe base64); a passphrase will not do. "
            "Make one with 'crm-bot new-key'."
        ) from None
