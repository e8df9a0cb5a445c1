"""Goal: the campaign's table says what was run and found, also of runs that were cut short.
Method: works that say and do what test programs do, run one by one; and a whole campaign that is ended
by a signal while SIGINT is ignored, as behind "nohup … &".
"""
import contextlib
import io
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import stage
import campaign

GRACE = 1.0


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="nganam-")
        self.addCleanup(folder.cleanup)
        self.logs = pathlib.Path(folder.name)
        self.addCleanup(setattr, campaign, "GRACE_SECONDS", campaign.GRACE_SECONDS)
        campaign.GRACE_SECONDS = GRACE

    def run_once(self, script, left=60, **options):
        self.work = campaign.Work("a work", ["sh", "-c", script], 60, "loops", each=7, **options)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            campaign.run_once(self.work, 4711, self.logs, time.monotonic() + left)
        self.said = out.getvalue()
        return self.work

    def kept(self):
        return [path.name for path in self.logs.iterdir()]

    def test_a_good_run_is_counted_and_its_log_removed(self):
        work = self.run_once("echo well")
        self.assertEqual((work.runs, work.count, work.failed, self.kept()), (1, 7, [], []))

    def test_a_failure_is_a_finding(self):
        work = self.run_once("exit 3")
        self.assertEqual((work.runs, work.failed), (1, [4711]))
        self.assertIn("FOUND a work: seed 4711", self.said)
        self.assertEqual(len(self.kept()), 1)

    def test_what_was_found_before_the_end_is_not_forgotten(self):
        work = self.run_once("echo 'test (Broker.test) ... FAIL'; sleep 60", left=0)
        self.assertEqual((work.runs, work.failed), (1, [4711]))
        self.assertEqual(len(self.kept()), 1)

    def test_a_run_cut_short_is_counted_as_far_as_it_came(self):
        work = self.run_once("echo 3 loops; sleep 60", left=0, counted=r"(\d+) loops")
        self.assertEqual((work.runs, work.count, work.failed), (1, 3, []))
        self.assertEqual(len(self.kept()), 1)

    def test_its_own_end_is_no_finding(self):
        work = self.run_once("trap 'echo FAILED; exit 1' TERM; sleep 60 & wait", left=0)
        self.assertEqual((work.runs, work.failed), (1, []))

    def test_what_was_skipped_is_no_run(self):
        work = self.run_once("exit 77")
        self.assertEqual((work.runs, work.failed, work.skipped), (0, [], True))


class Stopped(unittest.TestCase):
    CAMPAIGN = """
import pathlib, signal, sys
sys.path.insert(0, sys.argv[3])
import campaign
campaign.works = lambda logs, hours: [campaign.Work(
    "a work", ["sh", "-c", "echo FAILED; echo > " + sys.argv[2] + "/begun; sleep 60"], 90)]
sys.exit(campaign.main())
"""

    def test_its_table_is_printed(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name), tempfile.TemporaryDirectory(prefix="nganam-") as logs:
                process = subprocess.Popen(
                    [sys.executable, "-B", "-c", self.CAMPAIGN, "1", logs, stage.ROOT / "scripts/town"],
                    stdout=subprocess.PIPE,
                    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
                )
                begun = pathlib.Path(logs) / "begun"
                stage.programs.wait_until(begun.exists, 20, "the work begins")
                process.send_signal(number)
                out = process.communicate(timeout=20)[0].decode()
                self.assertIn("failing seeds", out)
                self.assertRegex(out, r"a work +1 ")
                self.assertEqual(process.returncode, 1, "it had found something")


if __name__ == "__main__":
    stage.main()
