"""Goal: nganam-bench refuses what it cannot measure and never leaves anything behind. Method: each
refusal, each signal that ends it, an output that is full, a disk that is not there or does not take
a page; the folder it works in is looked at afterwards, and so are the processes that had it.
"""
import json
import os
import pathlib
import resource
import signal
import subprocess
import tempfile
import time
import unittest

BIN = pathlib.Path(os.environ["NGANAM_BIN"])
BENCH = BIN / "nganam-bench"
ROOT = pathlib.Path(__file__).resolve().parents[2]


def refuse_pages():
    """Nothing this process starts can write to a file: write fails with EFBIG."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def users(folder):
    """Processes that have a path of this folder among their words."""
    found = []
    for place in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(folder) in (place / "cmdline").read_bytes():
                found.append(int(place.name))
        except OSError:
            pass
    return found


class Bench(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)

    def run_bench(self, *words, tmpdir=None, **more):
        more = {"stdout": subprocess.PIPE} | more
        return subprocess.run(
            [str(BENCH), *words], stderr=subprocess.PIPE, text=True, timeout=60, check=False,
            env=os.environ | {"TMPDIR": tmpdir or self.scratch.name, "NGANAM_LANG": "en"}, **more,
        )

    def refused(self, status, says, *words, **more):
        done = self.run_bench(*words, **more)
        self.assertEqual(done.returncode, status, (words, done.stderr))
        self.assertIn(says, done.stderr)
        self.assertEqual(os.listdir(self.scratch.name), [])

    def test_usage(self):
        self.refused(2, "does not go with", "ingest", "--verify-later", "--durable-outbox")
        self.refused(2, "reports a ward", "freshness", "--rate", "1000000", "--seconds", "3600")
        self.refused(2, "rank does not take --acts", "rank", "--acts", "3")
        self.refused(2, "agent does not take --runs", "agent", "--runs", "3")
        self.refused(2, "--runs: 0 is not a number", "limits", "--runs", "0")
        self.refused(2, "nganam-bench NAME", "nothing")
        self.refused(2, "nganam-bench NAME", "limits", "rank")

    def test_help_names_every_option(self):
        page = self.run_bench("--help").stdout
        for words in ("--rate ACTS/S", "(1000): freshness", "--pause MS", "Exit status"):
            self.assertIn(words, page)

    def test_script_takes_one_file(self):
        done = subprocess.run([str(ROOT / "scripts" / "bench"), "a", "b"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (2, "bench: one FILE at most\n"))

    def test_folder_that_is_not_there(self):
        self.refused(1, "/nonexistent/nganam-bench-", "limits", tmpdir="/nonexistent")

    def test_limit_that_fails(self):
        self.refused(1, "bare.append: write: ", "limits", "--runs", "1", preexec_fn=refuse_pages)

    def test_full_output(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            for words in (["--json"], []):
                self.refused(1, "standard output: ", "rank", "--units", "2", "--runs", "1", *words, stdout=full)

    def test_document_names_the_machine(self):
        document = json.loads(self.run_bench("rank", "--units", "2", "--runs", "1", "--json").stdout)
        self.assertEqual(
            sorted(document["machine"]), ["cores", "cpu", "filesystem", "kernel", "load", "memory_mib", "version"]
        )
        self.assertNotEqual(document["machine"]["filesystem"], "unknown")
        self.assertIn("sync", document["bench"]["conditions"])

    def test_signals_leave_nothing(self):
        """While a broker serves in its folder."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with subprocess.Popen(
                [str(BENCH), "agent", "--seconds", "60"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=os.environ | {"TMPDIR": self.scratch.name},
            ) as bench:
                until = time.monotonic() + 30
                while not users(self.scratch.name) and time.monotonic() < until:
                    time.sleep(0.01)
                self.assertNotEqual(users(self.scratch.name), [])
                bench.send_signal(number)
                bench.communicate(timeout=30)
            self.assertEqual(bench.returncode, 128 + number)
            self.assertEqual(users(self.scratch.name), [])
            self.assertEqual(os.listdir(self.scratch.name), [])


if __name__ == "__main__":
    unittest.main()
