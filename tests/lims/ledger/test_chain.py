"""The arithmetic of the ledger, against RFC 8785 as somebody else wrote it and RFC 6962 as it reads."""

from __future__ import annotations

import hashlib
import json
from random import Random
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from lims.ledger import chain

# Every character JSON can hold. Surrogates alone are no text: UTF-8 has no bytes for them.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT
CONTENT = st.dictionaries(
    TEXT, st.recursive(LEAVES, lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXT, below, max_size=4))
)
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(CONTENT)
def test_canonical_bytes_are_those_of_rfc_8785(content: dict[str, Any]) -> None:
    assert chain.canonical(content) == rfc8785.dumps(content)


def test_keys_are_sorted_by_utf_16_as_rfc_8785_has_it() -> None:
    """U+10000 stands before U+E000 by its surrogates, and behind it by its number."""
    content = {"\ue000": "private use", "\U00010000": "beyond the basic plane", "a": "latin"}
    ordered = '{"a":"latin","\U00010000":"beyond the basic plane","\ue000":"private use"}'
    assert chain.canonical(content) == ordered.encode()


@pytest.mark.parametrize("value", [0.1, 1e16, float("nan"), 2**53, -(2**53), b"bytes", {1: "a number as a key"}])
def test_it_refuses_what_has_no_exact_canonical_form(value: Any) -> None:
    for content in ({"value": value}, {"in": {"a": [value]}}):
        with pytest.raises(ValueError):
            chain.canonical(content)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError):
        chain.canonical({"name": "\ud800"})


@given(CONTENT, CONTENT)
def test_only_equal_content_has_an_equal_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (chain.digest(one) == chain.digest(other)) == (rfc8785.dumps(one) == rfc8785.dumps(other))


@given(HASHES, st.binary())
def test_a_link_is_a_leaf_under_the_link_before_it(prev: str, payload: bytes) -> None:
    leaf = hashlib.sha256(b"\x00" + payload).digest()
    assert chain.link(prev, payload) == hashlib.sha256(b"\x01" + bytes.fromhex(prev) + leaf).hexdigest()


@given(HASHES, st.binary(min_size=1, max_size=200), st.data())
@pytest.mark.clause("11.30")
def test_any_flipped_bit_changes_the_hash(prev: str, payload: bytes, data: st.DataObject) -> None:
    def flipped(given_bytes: bytes) -> bytes:
        place = data.draw(st.integers(0, len(given_bytes) * 8 - 1))
        changed = bytearray(given_bytes)
        changed[place // 8] ^= 1 << place % 8
        return bytes(changed)

    whole = chain.link(prev, payload)
    assert chain.link(prev, flipped(payload)) != whole
    assert chain.link(flipped(bytes.fromhex(prev)).hex(), payload) != whole


@given(HASHES, st.lists(st.binary(), min_size=2, max_size=6), st.data())
def test_a_chain_with_an_entry_changed_dropped_or_moved_ends_in_another_hash(
    genesis: str, payloads: list[bytes], data: st.DataObject
) -> None:
    def end(of: list[bytes]) -> str:
        at = genesis
        for payload in of:
            at = chain.link(at, payload)
        return at

    place = data.draw(st.integers(0, len(payloads) - 1))
    dropped = payloads[:place] + payloads[place + 1 :]
    changed = [*payloads[:place], payloads[place] + b"x", *payloads[place + 1 :]]
    moved = data.draw(st.permutations(payloads))
    assert end(dropped) != end(payloads)
    assert end(changed) != end(payloads)
    assert (end(list(moved)) == end(payloads)) == (list(moved) == payloads)


@given(HASHES, st.binary())
def test_no_payload_passes_for_a_link(prev: str, payload: bytes) -> None:
    """A leaf and a link begin differently, so the bytes of a link, sealed as a payload, give another leaf."""
    link_bytes = bytes.fromhex(prev) + hashlib.sha256(b"\x00" + payload).digest()
    assert hashlib.sha256(b"\x00" + link_bytes).hexdigest() != chain.link(prev, payload)


HEADS = st.lists(st.tuples(TEXT, st.integers(1, 2**31), HASHES), max_size=5)


@given(HEADS, HASHES, st.randoms(use_true_random=False))
def test_a_checkpoint_says_which_heads_it_covers_and_nothing_of_their_names(
    heads: list[tuple[str, int, str]], prev: str, dice: Random
) -> None:
    payload = chain.checkpoint_payload(number=3, at="2026-11-24T01:00:00+00:00", prev=prev, heads=heads)
    content = chain.checkpoint_content(payload, chain.link(prev, payload))
    leaves = [
        hashlib.sha256(b"\x00" + rfc8785.dumps({"stream": s, "seq": n, "hash": h})).hexdigest() for s, n, h in heads
    ]
    assert content == {"v": 1, "number": 3, "at": "2026-11-24T01:00:00+00:00", "prev": prev, "leaves": sorted(leaves)}
    dice.shuffle(heads)
    assert chain.checkpoint_payload(number=3, at="2026-11-24T01:00:00+00:00", prev=prev, heads=heads) == payload


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"null", b'{"v":1}', b'{"v":2,"number":1,"at":"","prev":"","leaves":[]}', b"\xff"]
)
def test_bytes_that_are_no_checkpoint_are_refused(payload: bytes) -> None:
    with pytest.raises(ValueError):
        chain.checkpoint_content(payload, chain.link(chain.GENESIS, payload))


def test_a_checkpoint_with_another_hash_is_refused() -> None:
    payload = chain.checkpoint_payload(number=1, at="", prev=chain.GENESIS, heads=[("site", 1, chain.GENESIS)])
    chain.checkpoint_content(payload, chain.link(chain.GENESIS, payload))
    for wrong in (chain.GENESIS, chain.link("1" * 64, payload)):
        with pytest.raises(ValueError):
            chain.checkpoint_content(payload, wrong)


def test_a_checkpoint_states_restores_only_in_its_second_version() -> None:
    head = ("site", 1, "a" * 64)
    plain = chain.checkpoint_payload(number=1, at="now", prev=chain.GENESIS, heads=[head])
    stated = chain.checkpoint_payload(number=1, at="now", prev=chain.GENESIS, heads=[head], restored=["b" * 64])
    assert json.loads(plain).keys() == {"v", "number", "at", "prev", "leaves"}
    assert chain.checkpoint_content(stated, chain.link(chain.GENESIS, stated))["restored"] == ["b" * 64]
    for content in (
        json.loads(plain) | {"v": 2},
        json.loads(stated) | {"v": 1},
        json.loads(stated) | {"restored": "b"},
    ):
        forged = chain.canonical(content)
        with pytest.raises(ValueError, match=r"no version known|no list"):
            chain.checkpoint_content(forged, chain.link(chain.GENESIS, forged))
