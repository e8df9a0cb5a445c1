"""The proofs of a Merkle tree, from RFC 6962 2.1 alone (PROTOCOL.md, section 3).

A tree of `size` leaves splits at the largest power of two below its size; the last hash of a proof belongs
to this split, those before it further down.
"""
import hashlib


class Lie(Exception):
    """The broker sent something that its proofs do not bear out."""


def check(holds, what):
    if not holds:
        raise Lie(what)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hashes(joined):
    check(len(joined) % 32 == 0, "a proof is whole hashes")
    return [joined[at : at + 32] for at in range(0, len(joined), 32)]


def leaf_hash(leaf):
    return sha256(b"\0", leaf)


def node(left, right):
    return sha256(b"\1", left, right)


def split(size):
    return 1 << (size - 1).bit_length() - 1


def root_from_leaf(index, size, hashed, proof):
    """The root that an inclusion proof leads to."""
    check((size == 1) == (not proof), "the inclusion proof is too long or too short")
    if size == 1:
        return hashed
    *rest, last = proof
    if index < split(size):
        return node(root_from_leaf(index, split(size), hashed, rest), last)
    return node(last, root_from_leaf(index - split(size), size - split(size), hashed, rest))


def roots_from_old(old, size, proof, known):
    """The roots of the old and the new tree that a consistency proof leads to. `known` is the old
    root as long as the old tree is a whole left part of this one, and then no hash is sent for it."""
    if old == size:
        check(len(proof) == (known is None), "the consistency proof is too long or too short")
        return (known or proof[0],) * 2
    check(proof, "the consistency proof is too short")
    *rest, last = proof
    if old <= split(size):
        before, after = roots_from_old(old, split(size), rest, known)
        return before, node(after, last)
    before, after = roots_from_old(old - split(size), size - split(size), rest, None)
    return node(last, before), node(last, after)
