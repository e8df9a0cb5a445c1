"""Goal: an input that kills a replay is left in a file, whatever kills it.
Method: a target that dies as its input says (fuzz_dying.c), in each way that this build can notice.
Arguments: the program, and what sanitizes it.
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM, SANITIZERS = sys.argv[1], sys.argv[2]
WAYS = ["abort", "segment", "bus", "float", "deep"]
if "address" in SANITIZERS:
    WAYS.append("one beyond")


class Replay(unittest.TestCase):
    def run_with(self, content):
        """(exit status, what was kept)"""
        with tempfile.TemporaryDirectory(prefix="nganam-") as folder:
            given = pathlib.Path(folder) / "given"
            given.write_bytes(content)
            done = subprocess.run(
                [PROGRAM, given],
                env={"TMPDIR": folder},
                capture_output=True,
                timeout=60,
                check=False,
            )
            kept = sorted(pathlib.Path(folder).glob("nganam-replay-input-*"))
            for path in kept:
                self.assertIn(str(path).encode(), done.stderr)
            return done.returncode, [path.read_bytes() for path in kept]

    def test_what_kills_is_kept(self):
        for way in WAYS:
            # What each way is told by is its first letter; "one beyond" is "o".
            with self.subTest(way):
                content = way.encode() + b"\0 and more"
                status, kept = self.run_with(content)
                self.assertNotEqual(status, 0)
                self.assertEqual(kept, [content])

    def test_what_does_not_kill_is_not(self):
        self.assertEqual(self.run_with(b"-"), (0, []))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
