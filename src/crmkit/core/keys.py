"""OpenSSH public keys: what is one, and whose it is. A key is who somebody is at the door."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Iterable
from typing import Any

from attrs import frozen

from crmkit.core import fields as f
from crmkit.core.declare import Plugin, hookimpl
from crmkit.core.entity import Record, entity
from crmkit.core.errors import Denied, Invalid
from crmkit.core.logins import SAFE_LOGIN

plugin = Plugin("keys", version="1.0", summary="The SSH keys that people come in with")

ENTITY = "ssh_key"
LONGEST = 4096
"""The most characters of a key's line (RSA with 16,384 bits has 2,900)."""
_ED25519, _RSA = "ssh-ed25519", "ssh-rsa"
_CURVES = {"nistp256": 65, "nistp384": 97, "nistp521": 133}
_TOKEN_CURVE = "nistp256"
_TOKENS = ("sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com")
KINDS = (_ED25519, *(f"ecdsa-sha2-{curve}" for curve in _CURVES), *_TOKENS, _RSA)
"""The types that are taken; DSA, certificates and whatever else there is are not."""
_RSA_BITS = range(2048, 16385)


@frozen
class PublicKey:
    """A key as it is in `authorized_keys`, without options."""

    kind: str
    body: str
    comment: str = ""

    @property
    def line(self) -> str:
        """The type and the key itself, as sshd reads them."""
        return f"{self.kind} {self.body}"

    @property
    def fingerprint(self) -> str:
        """The SHA-256 fingerprint, as `ssh-keygen -l` prints it."""
        return fingerprint(base64.b64decode(self.body))


def fingerprint(blob: bytes) -> str:
    """Return the SHA-256 fingerprint of a key's bytes."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def read_key(text: str) -> PublicKey:
    """Return the one key in a text, as in a `.pub` file; Invalid says what is wrong.

    Nothing may stand before the type: options would be somebody else's say over the door.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if any("PRIVATE KEY" in line for line in lines):
        raise _wrong("this is a private key, which nobody but its owner may have; give the .pub")
    if len(lines) != 1:
        raise _wrong(f"a file holds one public key on one line; this has {len(lines)} lines")
    if len(lines[0]) > LONGEST:
        raise _wrong(f"the line is longer than {LONGEST} characters")
    kind, body, *rest = lines[0].split(None, 2) + ["", ""]
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise _wrong(f"it must begin with the key's type, without options, one of: {known}")
    key = PublicKey(kind, body, _plain(rest[0]))
    _check(kind, _blob(body))
    return key


def _plain(comment: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in comment.strip())[:100]


def _blob(body: str) -> bytes:
    try:
        blob = base64.b64decode(body.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise _wrong("the key is not base64: copy the whole line of the .pub file") from None
    if base64.b64encode(blob).decode() != body:
        raise _wrong("the key is not written as OpenSSH writes it")
    return blob


def _check(kind: str, blob: bytes) -> None:
    """Raise Invalid unless the bytes are a key of the type: no part missing, none left over."""
    name, *parts = _parts(blob)
    if name != kind.encode():
        raise _wrong(f"the key says that it is a {name[:40].decode('ascii', 'replace')}")
    if kind == _RSA:
        _check_rsa(parts)
        return
    token = kind in _TOKENS
    if token and (not parts or not parts.pop()):
        raise _wrong("the key of the token names no application")
    curve = "" if "ed25519" in kind else _TOKEN_CURVE if token else kind.removeprefix("ecdsa-sha2-")
    size = _CURVES[curve] if curve else 32
    right = [len(p) for p in parts] == ([len(curve), size] if curve else [size])
    if not right or (curve and (parts[0] != curve.encode() or parts[1][0] != 4)):
        raise _wrong(f"the key is not a whole {kind} key")


def _check_rsa(parts: list[bytes]) -> None:
    if len(parts) != 2:
        raise _wrong("the key is not a whole ssh-rsa key")
    exponent, modulus = (int.from_bytes(p, "big", signed=True) for p in parts)
    if exponent < 3 or modulus.bit_length() not in _RSA_BITS or modulus < 0:
        raise _wrong("an RSA key must have 2048 to 16384 bits; make one with: ssh-keygen")


def _parts(blob: bytes) -> list[bytes]:
    found: list[bytes] = []
    at = 0
    while at < len(blob):
        if at + 4 > len(blob):
            raise _wrong("the key is cut off")
        (size,) = struct.unpack_from(">I", blob, at)
        at += 4 + size
        if at > len(blob):
            raise _wrong("the key is cut off")
        found.append(blob[at - size : at])
    return found or [b""]


def _wrong(why: str) -> Invalid:
    return Invalid({"key": why})


def demand_key(session: Any, user: int, fingerprint: str) -> None:
    """Raise Denied unless a key is still that of a user; the session is one that sees keys."""
    found = session.find(ENTITY, f'fingerprint="{fingerprint}"', limit=2)
    if [key.user for key in found] != [user]:
        raise Denied("this key was revoked: nobody comes in with it any more", grant="ssh_key")


def _key_is_whole(key: SshKey, ctx: object) -> dict[str, str] | None:
    """Whatever way a key comes in, it is one, and its fingerprint is its own."""
    try:
        found = read_key(f"{key.kind} {key.body}")
    except Invalid as error:
        return dict(error.problems)
    if found.line != f"{key.kind} {key.body}" or found.fingerprint != key.fingerprint:
        return {"key": "the fingerprint is not the key's"}
    return None


def _key_is_free(key: SshKey, ctx: Any) -> dict[str, str] | None:
    """A key names one user: with two, nobody could tell who came in."""
    for twin in ctx.find(ENTITY, f'fingerprint="{key.fingerprint}"', limit=2):
        if twin.id != key.id:
            owner = ctx.get("user", twin.user)
            whose = f"that of {owner.name}" if owner else "somebody's"
            return {"key": f"this key is {whose} already (key {twin.id})"}
    return None


def _user_is_named_plainly(key: SshKey, ctx: Any) -> dict[str, str] | None:
    user = ctx.get("user", key.user)
    if user is None or not SAFE_LOGIN.fullmatch(user.name):
        return {"user": "who comes in by SSH has a login of letters, digits and . _ @ + - only"}
    return None


@entity(ENTITY, title="fingerprint", label="SSH key", plural="SSH keys", hidden=True,
        checks=(_key_is_whole, _key_is_free, _user_is_named_plainly))  # fmt: skip
class SshKey(Record):
    """A public key that lets its user in; only an admin may read, add or revoke one."""

    user: int = f.ref("User", "user")
    kind: str = f.text("Type", max_length=40)
    body: str = f.text("Key", max_length=LONGEST)
    fingerprint: str = f.text("Fingerprint", index=True, max_length=60)
    comment: str = f.text("Comment", default="", max_length=100, personal=True)


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The key."""
    yield SshKey
