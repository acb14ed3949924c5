"""Encrypts the logins of connections and the secrets of subscriptions before they are stored.

The key is read from a file or from the environment, never from the database. If there are several keys, one
per line, the first encrypts, and all of them can decrypt. A key can therefore be replaced while the hub runs
on.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connector.errors import ConfigurationError
from connector.hub.locks import CONFIGURATION, one_at_a_time
from connector.hub.tables import settings
from connector.profiles import text_files
from connector.profiles.text_files import OWNER_ONLY

if TYPE_CHECKING:
    from pathlib import Path

    from connector.hub.store import Store

CHECK = "key check"


class Encryption:
    """Encrypts and decrypts JSON values.

    `keys` contains the keys, one per line. Raises `ConfigurationError` for an invalid key. `decrypt` raises
    it for a value that was encrypted with another key.
    """

    def __init__(self, keys: str) -> None:
        try:
            self._keys = MultiFernet([Fernet(line.strip()) for line in keys.splitlines() if line.strip()])
        except ValueError as problem:
            raise ConfigurationError(
                "The encryption key of the hub is not valid: it must be 32 bytes in URL-safe base64, one key"
                " per line. To create one, start the hub with --key-file and the name of a new file."
            ) from problem

    def encrypt(self, value: Any) -> bytes:
        return self._keys.encrypt(json.dumps(value).encode())

    def decrypt(self, token: bytes) -> Any:
        try:
            return json.loads(self._keys.decrypt(bytes(token)))
        except InvalidToken as problem:
            raise ConfigurationError(
                "A login in the hub's database cannot be decrypted: it was encrypted with another key. Add"
                " that key to the key file."
            ) from problem


def new_key() -> str:
    """Generate an encryption key: 32 random bytes in URL-safe base64."""
    return Fernet.generate_key().decode()


def read_keys(path: Path) -> str:
    """Read the encryption keys in a file, one per line.

    If the file does not exist, it is created with a new key, and only its owner can read it. A file that was
    saved on Windows, with a byte order mark or in UTF-16, is read too. Raises `ConfigurationError` if the
    file cannot be read or created.
    """
    try:
        if not path.exists():
            _create(path)
        return text_files.decode(path.read_bytes())
    except (OSError, ValueError) as problem:
        why = text_files.reason(problem).removesuffix(".")
        raise ConfigurationError(f"The hub's key file {path} cannot be used: {why}.") from problem


def _create(path: Path) -> None:
    """Create a file with a new key; if another hub creates it at the same time, the first one counts."""
    ours = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(ours, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{new_key()}\n")
        with suppress(FileExistsError):
            os.link(ours, path)
    finally:
        ours.unlink()


async def check_key(store: Store, encryption: Encryption) -> None:
    """Check that one of the keys belongs to the database; raise `ConfigurationError` if none does.

    For this check, the first start stores an encrypted value.
    """

    def check(connection: sa.Connection) -> None:
        one_at_a_time(connection, CONFIGURATION)
        stored = sa.select(settings.c.value).where(settings.c.name == CHECK)
        found = connection.execute(stored).scalar_one_or_none()
        if found is None:
            value = encryption.encrypt(CHECK).decode()
            connection.execute(sa.insert(settings).values(name=CHECK, value=value))
            return
        try:
            encryption.decrypt(found.encode())
        except ConfigurationError:
            raise ConfigurationError(
                "The encryption key does not belong to this database: its logins were encrypted with another"
                " key. Start the hub with that key. If the key is lost, use another database and connect the"
                " vendors again."
            ) from None

    await store.run(check)
