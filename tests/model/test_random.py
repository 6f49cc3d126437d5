"""The random numbers: published vectors, independent implementations, and addressing by meaning."""

from __future__ import annotations

import hashlib
import struct

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from simulation.model import random

u32 = st.integers(0, 2**32 - 1)
u64 = st.integers(0, 2**64 - 1)

# Random123, kat_vectors: philox4x32 with 10 rounds.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ((2**32 - 1,) * 4, (2**32 - 1,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


def philox_in_python(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, ...]:
    """Follow the paper, section 3.3, with Python's own integers."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c0, 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c2, 2**32)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return c0, c1, c2, c3


@numba.njit
def stream(seed, replication, keys, purpose, occurrence):  # type: ignore[no-untyped-def]
    """Draw one number for each member key, as an engine would: inlined in a loop."""
    out = np.empty(keys.size)
    for i in range(keys.size):
        out[i] = random.uniform64(seed, replication, keys[i], purpose, occurrence)
    return out


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_published_vectors(counter: tuple[int, ...], key: tuple[int, ...], expected: str) -> None:
    assert " ".join(f"{word:08x}" for word in random.philox4x32(*counter, *key)) == expected


@given(st.tuples(u32, u32, u32, u32), st.tuples(u32, u32))
@settings(deadline=None)
def test_philox_equals_the_plain_implementation(counter: tuple[int, ...], key: tuple[int, ...]) -> None:
    assert random.philox4x32(*counter, *key) == philox_in_python(counter, key)


@given(u32, u32, u64, u32, u32)
@settings(deadline=None)
def test_draws_are_the_words_of_the_block(seed: int, rep: int, key: int, purpose: int, cause: int) -> None:
    r0, r1, r2, r3 = philox_in_python((key % 2**32, key >> 32, purpose, cause), (seed, rep))
    address = (seed, rep, np.uint64(key), purpose, cause)
    assert random.block(*address) == (r0, r1, r2, r3)
    first = (((r1 << 32 | r0) >> 12) + 0.5) / 2**52
    second = (((r3 << 32 | r2) >> 12) + 0.5) / 2**52
    assert random.uniform64(*address) == first
    assert random.uniform_pair(*address) == (first, second)
    assert random.uniform_times_and_two(*address) == (first, (r2 + 0.5) / 2**32, (r3 + 0.5) / 2**32)


def test_ends_never_occur() -> None:
    ones = 2**32 - 1
    assert random._unit64(0, 0) == 2.0**-53
    assert random._unit64(ones, ones) == 1.0 - 2.0**-53
    assert random._unit32(0) == 2.0**-33
    assert random._unit32(ones) == 1.0 - 2.0**-33


@pytest.mark.parametrize("kind", [np.int64, np.uint64, np.uint32, np.int32])
def test_the_type_of_an_argument_does_not_matter(kind: type) -> None:
    expected = random.uniform64(7, 3, np.uint64(12345), 77, 2)
    assert random.uniform64(kind(7), kind(3), kind(12345), kind(77), kind(2)) == expected


def test_a_negative_signed_key_is_the_same_64_bits() -> None:
    key = 0x9E3779B97F4A7C15
    signed = np.int64(key - 2**64)
    assert random.uniform64(1, 2, signed, 3, 4) == random.uniform64(1, 2, np.uint64(key), 3, 4)


def test_inlined_equals_called() -> None:
    keys = np.arange(1000, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    expected = [random.uniform64(5, 1, key, 9, 2) for key in keys]
    assert stream(5, 1, keys, 9, 2).tolist() == expected


@pytest.mark.parametrize("changed", range(5))
def test_uniform_and_unrelated_to_every_neighbour(changed: int) -> None:
    """Counting up any part of the address gives independent uniforms (fixed draws: this cannot flicker)."""
    address = [11, 4, np.uint64(random.domain("someone")), random.purpose("renewal", "x"), 3]
    n = 20_000
    draws = np.empty(n)
    for i in range(n):
        here = list(address)
        here[changed] = np.uint64(int(here[changed]) + i) if changed == 2 else int(here[changed]) + i
        draws[i] = random.uniform64(*here)
    assert stats.kstest(draws, "uniform").pvalue > 0.001
    assert stats.pearsonr(draws[:-1], draws[1:]).pvalue > 0.001
    counts = np.histogram2d(draws[::2], draws[1::2], bins=10, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(counts.ravel()).pvalue > 0.001


@given(u64, u64, u64)
@settings(deadline=None, max_examples=500)
def test_member_keys_are_blake2b(domain: int, a: int, b: int) -> None:
    message = struct.pack("<3Q", domain, a, b)
    expected = int.from_bytes(hashlib.blake2b(message, digest_size=8).digest(), "little")
    assert int(random.member_key_child(np.uint64(domain), np.uint64(a), np.uint64(b))) == expected


def test_member_key_of_small_numbers_has_one_value_whatever_their_type() -> None:
    expected = random.member_key_child(np.uint64(3), np.uint64(2), np.uint64(1))
    assert random.member_key_child(3, 2, 1) == expected
    assert random.member_key_child(np.uint64(3), np.int32(2), np.uint32(1)) == expected


def test_names_become_numbers_of_their_own() -> None:
    assert random.purpose("take", "certified") == int.from_bytes(
        hashlib.blake2b(b"take\x1fcertified", digest_size=4).digest(), "little"
    )
    assert random.domain("arrival") == int.from_bytes(hashlib.blake2b(b"arrival", digest_size=8).digest(), "little")
    assert random.purpose("ab", "c") != random.purpose("a", "bc")
    assert random.domain("M-1") != random.book_key("M-1") != random.book_key("M-2")
    assert 0 <= random.purpose("effort", "größe") < 2**32
    assert 0 <= random.book_key("会員-7") < 2**64
