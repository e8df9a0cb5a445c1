"""Goal: our proofs are those of RFC 6962, for all pairs of sizes 1 … 300 and for random ones in larger logs.
Method: make_proofs prints them; tree.py, which was written from the RFC and shares no code with ours,
follows each to the roots that it computes from the leaves. Where Go is installed, Debian's package of Go's
own module log (golang.org/x/mod/sumdb/tlog) does the same. Hashes are then changed: all must be refused.
"""
import functools
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

import audit
import stage
from tree import Lie, leaf_hash, node, root_from_leaf, roots_from_old, split

ALL = 300
SIZE, COUNT = 60000, int(os.environ.get("NGANAM_CYCLES", 3)) * 200
TOOL = stage.programs.bin_folder().parent / "tests" / "make_proofs"
GO = pathlib.Path(__file__).with_name("check_proofs.go")

# The largest tree's complete subtrees are kept; a root is put together from them.
sys.setrecursionlimit(10000)


@functools.lru_cache(maxsize=None)
def subtree(first, size):
    """RFC 6962 2.1, as it stands there."""
    if size == 1:
        return leaf_hash(str(first).encode())
    left = split(size)
    return node(subtree(first, left), subtree(first + left, size - left))


def root(size):
    return subtree(0, size)


def follow(kind, a, b, proof):
    """Whether the proof leads where it should."""
    try:
        if kind == "i":
            return root_from_leaf(a, b, leaf_hash(str(a).encode()), proof) == root(b)
        return roots_from_old(a, b, proof, root(a)) == (root(a), root(b))
    except Lie:
        return False


class Proofs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.seed = stage.seed()
        cls.rng = random.Random(cls.seed)
        made = subprocess.run(
            list(map(str, (TOOL, ALL, SIZE, COUNT, cls.seed))), capture_output=True, text=True, check=True
        )
        cls.lines = made.stdout.splitlines()

    def proofs(self):
        for line in self.lines:
            kind, a, b, *hashes = line.split(" ")
            yield kind, int(a), int(b), [bytes.fromhex(hash) for hash in hashes]

    def test_every_proof_leads_to_the_roots(self):
        seen = set()
        for kind, a, b, proof in self.proofs():
            self.assertTrue(follow(kind, a, b, proof), f"{kind} {a} {b}")
            seen.add((kind, a, b))
        pairs = {("i", a, b) for b in range(1, ALL + 1) for a in range(b)}
        pairs |= {("c", a, b) for b in range(1, ALL + 1) for a in range(1, b + 1)}
        self.assertLessEqual(pairs, seen)
        print(f"{len(self.lines)} proofs")

    def test_no_changed_proof_does(self):
        tried = 0
        for kind, a, b, proof in self.proofs():
            if self.rng.randrange(20):
                continue
            changed = list(proof)
            if proof and self.rng.randrange(3):
                at = self.rng.randrange(len(proof))
                changed[at] = self.rng.randbytes(32)
            elif proof and self.rng.randrange(2):
                del changed[self.rng.randrange(len(proof))]
            else:
                changed.insert(self.rng.randrange(len(proof) + 1), self.rng.randbytes(32))
            self.assertFalse(follow(kind, a, b, changed), f"{kind} {a} {b}")
            tried += 1
        self.assertGreater(tried, 1000)


class Go(Proofs):
    """Skipped where Debian's golang-go and golang-golang-x-mod-dev are not installed."""

    @classmethod
    def setUpClass(cls):
        if not audit.has_go():
            raise unittest.SkipTest("golang-go and golang-golang-x-mod-dev are not installed")
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory(prefix="nganam-go-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.program = audit.build_go(GO, cls.folder.name)

    def check(self, lines):
        done = subprocess.run(
            [self.program], input="\n".join(lines) + "\n", capture_output=True, text=True, check=False
        )
        return done.stdout.split()

    def test_every_proof_leads_to_the_roots(self):
        self.assertEqual(self.check(self.lines), ["ok"] * len(self.lines))

    def test_no_changed_proof_does(self):
        lines = [line for line in self.lines if line.count(" ") > 2][:: 20]
        changed = [line[:-1] + ("0" if line[-1] != "0" else "1") for line in lines]
        self.assertEqual(self.check(changed), ["no"] * len(lines))


if __name__ == "__main__":
    stage.main()
