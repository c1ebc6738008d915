"""Secrets at rest: the first key encrypts, every key decrypts, so that keys can be changed without a stop."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

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
        self._fernet = MultiFernet([_key(number, key) for number, key in enumerate(keys, start=1)]) if keys else None

    def __repr__(self) -> str:
        return f"<Sealing {'with keys' if self.protects else 'without keys'}>"

    @property
    def protects(self) -> bool:
        """Whether there is a key at all."""
        return self._fernet is not None

    def seal(self, clear: str) -> str:
        """The text as it may be stored."""
        return self._fernet.encrypt(clear.encode()).decode() if self._fernet else in_clear(clear)

    def open(self, sealed: str) -> str:
        """The text that was sealed; raises `Unreadable` when its key is not configured."""
        if sealed.startswith(CLEAR):
            return sealed.removeprefix(CLEAR)
        if self._fernet is None:
            raise Unreadable("Something stored is encrypted and ENCRYPTION_KEY is not set.")
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise Unreadable("Something stored was encrypted with a key that ENCRYPTION_KEY no longer holds.") from None

    def reseal(self, sealed: str) -> str:
        """The same text under the first key."""
        return self.seal(self.open(sealed))


def _key(number: int, key: str) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise BadKey(
            f"Key {number} of ENCRYPTION_KEY is not a Fernet key (32 bytes in URL-safe base64); a passphrase will not "
            "do. Make one with 'crm-bot new-key'."
        ) from None
