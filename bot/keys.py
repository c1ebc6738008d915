"""The keys of ENCRYPTION_KEY: 32 random bytes each, written in URL-safe base64."""

import base64
import secrets

BYTES = 32


def new_key() -> str:
    """A fresh key."""
    return base64.urlsafe_b64encode(secrets.token_bytes(BYTES)).decode()


def read_key(text: str) -> bytes:
    """The bytes of a key; ValueError for a passphrase or anything else that is none."""
    key = base64.b64decode(text, altchars=b"-_", validate=True)
    if len(key) != BYTES:
        raise ValueError(f"a key has {BYTES} bytes")
    return key
