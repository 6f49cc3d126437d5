"""Random numbers addressed by meaning: one decision, one draw, whatever the order of calls.

Counter-based Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3").
Key = (seed, replication); counter = (member key low, member key high, purpose, occurrence).
Member keys and purposes are BLAKE2b digests (RFC 7693), so they depend on names and never on an order.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from simulation.model.jit import compiled, inlined

Integer: TypeAlias = int | np.integer[Any]
"""What the functions below take where an unsigned number is asked for; only its low 32 (or 64) bits count."""

Words: TypeAlias = tuple[np.uint32, np.uint32, np.uint32, np.uint32]

# Numba turns a mix of signed and unsigned 64-bit integers into floats, hence the typed constants.
_LOW = np.uint64(0xFFFFFFFF)
_U1 = np.uint64(1)
_U12 = np.uint64(12)
_U32 = np.uint64(32)
_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)


@inlined
def philox4x32(c0: Integer, c1: Integer, c2: Integer, c3: Integer, k0: Integer, k1: Integer) -> Words:
    """Compute one Philox4x32-10 block.

    Parameters
    ----------
    c0, c1, c2, c3 : int
        The counter, four 32-bit words.
    k0, k1 : int
        The key, two 32-bit words.

    Returns
    -------
    tuple of four uint32
        128 random bits.
    """
    x0 = np.uint64(c0) & _LOW
    x1 = np.uint64(c1) & _LOW
    x2 = np.uint64(c2) & _LOW
    x3 = np.uint64(c3) & _LOW
    key0 = np.uint64(k0) & _LOW
    key1 = np.uint64(k1) & _LOW
    for _ in range(10):
        p0 = _M0 * x0
        p1 = _M1 * x2
        x0 = (p1 >> _U32) ^ x1 ^ key0
        x2 = (p0 >> _U32) ^ x3 ^ key1
        x1 = p1 & _LOW
        x3 = p0 & _LOW
        key0 = (key0 + _W0) & _LOW
        key1 = (key1 + _W1) & _LOW
    return np.uint32(x0), np.uint32(x1), np.uint32(x2), np.uint32(x3)


@inlined
def block(seed: Integer, replication: Integer, key: Integer, purpose: Integer, occurrence: Integer) -> Words:
    """Draw the 128 bits of one decision.

    Parameters
    ----------
    seed, replication : int
        Low 32 bits of each: the Philox key.
    key : int
        Member key, 64 bits.
    purpose : int
        What the decision is about, 32 bits (see `purpose`).
    occurrence : int
        The identity of the cause, 32 bits; never a call count.

    Returns
    -------
    tuple of four uint32
    """
    member = np.uint64(key)
    return philox4x32(member & _LOW, member >> _U32, purpose, occurrence, seed, replication)


@inlined
def _unit64(low: Integer, high: Integer) -> float:
    """Map 64 bits to the middle of one of 2**52 equal cells of (0, 1).

    52 bits and not 53: then x + 0.5 is exact, so 0 and 1 cannot occur, and u is as likely as 1 - u.
    """
    bits = ((np.uint64(high) << _U32) | np.uint64(low)) >> _U12
    return (np.float64(np.int64(bits)) + 0.5) * 2.220446049250313e-16


@inlined
def _unit32(word: Integer) -> float:
    """Map 32 bits to the middle of one of 2**32 equal cells of (0, 1)."""
    return (np.float64(np.int64(word)) + 0.5) * 2.3283064365386963e-10


@inlined
def uniform64(seed: Integer, replication: Integer, key: Integer, purpose: Integer, occurrence: Integer) -> float:
    """Draw one uniform in (0, 1), ends excluded, from the first 64 bits. Arguments as in `block`."""
    r0, r1, _r2, _r3 = block(seed, replication, key, purpose, occurrence)
    return _unit64(r0, r1)


@inlined
def key_of_draw(seed: Integer, replication: Integer, key: Integer, purpose: Integer, occurrence: Integer) -> np.uint64:
    """Draw 64 bits that serve as a key: of a life that is tried and is nobody's identity. Arguments as in `block`."""
    r0, r1, _r2, _r3 = block(seed, replication, key, purpose, occurrence)
    return np.uint64((np.uint64(r1) << _U32) | np.uint64(r0))


@inlined
def uniform_pair(
    seed: Integer, replication: Integer, key: Integer, purpose: Integer, occurrence: Integer
) -> tuple[float, float]:
    """Draw two uniforms in (0, 1), from bits 0-63 and 64-127 of the block. Arguments as in `block`."""
    r0, r1, r2, r3 = block(seed, replication, key, purpose, occurrence)
    return _unit64(r0, r1), _unit64(r2, r3)


@inlined
def uniform_times_and_two(
    seed: Integer, replication: Integer, key: Integer, purpose: Integer, occurrence: Integer
) -> tuple[float, float, float]:
    """Draw three uniforms in (0, 1): a fine one (bits 0-63) and two of 32 bits. Arguments as in `block`.

    The first equals `uniform64` of the same arguments.
    """
    r0, r1, r2, r3 = block(seed, replication, key, purpose, occurrence)
    return _unit64(r0, r1), _unit32(r2), _unit32(r3)


_IV = np.array(
    [
        0x6A09E667F3BCC908,
        0xBB67AE8584CAA73B,
        0x3C6EF372FE94F82B,
        0xA54FF53A5F1D36F1,
        0x510E527FADE682D1,
        0x9B05688C2B3E6C1F,
        0x1F83D9ABFB41BD6B,
        0x5BE0CD19137E2179,
    ],
    dtype=np.uint64,
)
_SIGMA = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    ],
    dtype=np.uint8,
)
_MIX = np.array(
    [
        [0, 4, 8, 12],
        [1, 5, 9, 13],
        [2, 6, 10, 14],
        [3, 7, 11, 15],
        [0, 5, 10, 15],
        [1, 6, 11, 12],
        [2, 7, 8, 13],
        [3, 4, 9, 14],
    ],
    dtype=np.uint8,
)
_PARAMETERS = np.uint64(0x01010008)  # digest of 8 bytes, no key, fanout 1, depth 1
_LENGTH = np.uint64(24)


@inlined
def _rotate(x: np.uint64, bits: int) -> np.uint64:
    return np.uint64((x >> np.uint64(bits)) | (x << np.uint64(64 - bits)))


@compiled
def member_key_child(domain: Integer, a: Integer, b: Integer) -> np.uint64:
    """Derive the key of a member from its cause: BLAKE2b-64 of the 24 little-endian bytes of (domain, a, b).

    Parameters
    ----------
    domain : int
        What kind of key this is (see `domain`), so that an arrival and a referral never share one.
    a, b : int
        For an arrival: segment and arrival ordinal; for a referral: parent key and referral ordinal.

    Returns
    -------
    uint64
        Equal to ``hashlib.blake2b(struct.pack("<3Q", domain, a, b), digest_size=8)``, read as little-endian.
    """
    m = np.zeros(16, np.uint64)
    m[0] = np.uint64(domain)
    m[1] = np.uint64(a)
    m[2] = np.uint64(b)
    v = np.empty(16, np.uint64)
    v[:8] = _IV
    v[8:] = _IV
    first = _IV[0] ^ _PARAMETERS
    v[0] = first
    v[12] ^= _LENGTH
    v[14] = ~v[14]
    for turn in range(12):
        order = _SIGMA[turn % 10]
        for g in range(8):
            ia, ib, ic, id_ = _MIX[g, 0], _MIX[g, 1], _MIX[g, 2], _MIX[g, 3]
            x, y, z, w = v[ia], v[ib], v[ic], v[id_]
            x = x + y + m[order[2 * g]]
            w = _rotate(w ^ x, 32)
            z = z + w
            y = _rotate(y ^ z, 24)
            x = x + y + m[order[2 * g + 1]]
            w = _rotate(w ^ x, 16)
            z = z + w
            y = _rotate(y ^ z, 63)
            v[ia], v[ib], v[ic], v[id_] = x, y, z, w
    return np.uint64(first ^ v[0] ^ v[8])


def _digest(text: str, size: int) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=size).digest(), "little")


def purpose(kind: str, name: str = "") -> int:
    """Name a purpose: BLAKE2b-32 of kind, a unit separator and name. The caller checks for collisions."""
    return _digest(f"{kind}\x1f{name}", 4)


def domain(name: str) -> int:
    """Name a domain or a segment in 64 bits: BLAKE2b-64 of the text."""
    return _digest(name, 8)


def book_key(identity: str) -> int:
    """Give the 64-bit member key of a row of the book: BLAKE2b-64 of the id in a domain of its own."""
    return _digest(f"book\x1f{identity}", 8)


@compiled
def child_keys(domain: Integer, a: Integer, n: int) -> npt.NDArray[np.uint64]:
    """Keys of `n` members by ordinal 0 to n - 1: `member_key_child(domain, a, ordinal)`."""
    keys = np.empty(n, np.uint64)
    for ordinal in range(n):
        keys[ordinal] = member_key_child(domain, a, np.uint64(ordinal))
    return keys
