"""Goal: trouble with the data directory is one clear line and exit status 4, and nothing is harmed.
Method: the real programs on a directory in use, of another version, half folded, without rights, and on a
small tmpfs that is full (root only; skipped with a message where mounting is not allowed).
"""
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import unittest

import stage
from stage import STORAGE, YEAR, programs

NOBODY = 65534


def as_nobody():
    """The words that run a command without rights; None when we cannot become nobody."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        return None
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]


class InUse(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        cls.stage.centre()
        cls.stage.units("A,Phường A,ward")
        cls.stage.criteria(stage.SMALL_SET)
        cls.stage.enrol("A")
        cls.stage.serve("agent", name="A")

    def second(self, program, name):
        return programs.run(program, "serve", data=self.stage.data(name), check=False, timeout=30)

    def test_a_second_service_is_refused(self):
        for program, name in (("broker", "broker"), ("office", "office"), ("agent", "A")):
            with self.subTest(program):
                self.refused(self.second(program, name), STORAGE, str(self.stage.data(name)))

    def test_the_first_goes_on(self):
        self.second("broker", "broker")
        self.second("agent", "A")
        self.stage.agent("A", "report", "--year", YEAR, "1.1", "value=2")
        self.stage.agent("A", "send")
        self.assertEqual(self.stage.agent("A", "status", "--json").json()["outbox"], 0)


class WrongVersion(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        cls.stage.centre()
        cls.stage.units("A,Phường A,ward")
        cls.stage.criteria(stage.SMALL_SET)
        cls.stage.enrol("A")
        for service in reversed(cls.stage.services):
            service.stop()
        cls.stage.services.clear()

    def test_keys_of_another_version(self):
        path = self.stage.data("A") / "identity"
        kept = path.read_bytes()
        document = json.loads(kept)
        document["version"] += 1
        path.write_text(json.dumps(document))
        self.refused(self.stage.agent("A", "status", check=False), STORAGE, str(path))
        path.write_bytes(kept)
        self.stage.agent("A", "status")

    def test_stores_of_another_version(self):
        commands = (
            ("broker", "broker", ("log", "head", "--cosigned")),
            ("agent", "A", ("status",)),
            ("office", "office", ("board", "--year", YEAR, "--group", "ward")),
        )
        for program, name, words in commands:
            for path in sorted(self.stage.data(name).rglob("data.mdb")):
                with self.subTest(store=str(path.relative_to(self.stage.folder))):
                    kept = path.read_bytes()
                    path.write_bytes(other_version(kept))
                    cosigned = ("--cosigned",) if "witness" in path.parts else ()
                    answer = programs.run(
                        program, *words, *cosigned, data=self.stage.data(name), check=False
                    )
                    changed = path.read_bytes()
                    path.write_bytes(kept)
                    if "state" in path.parts and answer.status == 0:
                        self.fail(f"{path} of another version was used")
                    self.refused(answer, STORAGE, str(path.parent))
                    self.assertEqual(changed, other_version(kept), "the store was written to")


def other_version(data):
    """The same store, saying that a later program made it: its format's number is raised by one."""
    at = data.find(b"nganam ")
    assert at > 0, "no format mark in the store"
    changed = data
    while at >= 0:
        end = at
        while 32 <= changed[end] < 127:
            end += 1
        number = int.from_bytes(changed[at - 4 : at], "big")
        if 0 < number < 1000:
            changed = changed[: at - 4] + (number + 1).to_bytes(4, "big") + changed[at:]
        at = changed.find(b"nganam ", end)
    return changed


class HalfFolded(stage.TownTest):
    """A rebuild was broken off: the office knows itself, and nothing of what it wrote since."""

    @classmethod
    def setUpStage(cls):
        cls.stage.centre()
        cls.known = cls.stage.log_size()
        cls.stage.units("A,Phường A,ward")
        cls.stage.criteria(stage.SMALL_SET)
        cls.stage.office("event", "E1", f"{YEAR}-03-01")
        cls.stage.services.pop().stop()

    def halve(self):
        helper = programs.bin_folder().parent / "tests" / "half_state"
        subprocess.run([helper, self.stage.data("office"), str(self.known)], check=True)

    def test_what_the_log_has_is_no_news_and_not_written_again(self):
        size = self.stage.log_size()
        for words in (
            ("units", "import", self.stage.folder / "units.csv"),
            ("event", "E1", f"{YEAR}-03-01"),
        ):
            with self.subTest(words[0]):
                self.halve()
                self.assertFalse(self.stage.office(*words, "--json").json()["changed"])
                self.assertEqual(self.stage.log_size(), size)
                self.stage.office("rebuild", "--check")

    def test_what_the_log_knows_is_not_refused(self):
        self.halve()
        self.assertIn("slip", self.stage.office("invite", "A", "--json").json())
        self.stage.office("rebuild", "--check")

    def test_while_another_folds_it_a_person_is_told_to_wait(self):
        self.halve()
        size = self.stage.log_size()
        with open(self.stage.data("office") / "fold.lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            answer = self.stage.office("invite", "A", check=False, timeout=30)
        self.refused(answer, STORAGE, str(self.stage.data("office")), "folded again", "wait")
        self.assertEqual(self.stage.log_size(), size)


class Rights(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        cls.stage.centre()
        cls.stage.units("A,Phường A,ward")
        cls.stage.criteria(stage.SMALL_SET)
        cls.stage.enrol("A")

    def setUp(self):
        self.nobody = as_nobody()
        if self.nobody is None:
            self.skipTest("running as root and setpriv is missing: no way to lack rights")

    def test_a_folder_one_may_not_read(self):
        for program, name, words in (
            ("agent", "A", ("status",)),
            ("broker", "broker", ("log", "head", "--cosigned")),
            ("office", "office", ("board", "--year", YEAR, "--group", "ward")),
        ):
            with self.subTest(program):
                folder = self.stage.data(name)
                folder.chmod(0)
                answer = programs.run(program, *words, data=folder, wrap=self.nobody, check=False)
                folder.chmod(0o700)
                self.refused(answer, STORAGE, str(folder))

    def test_a_folder_one_may_not_write(self):
        folder = self.stage.folder / "shut"
        folder.mkdir(mode=0o755)
        self.stage.folder.chmod(0o755)
        if os.geteuid() != 0:
            folder.chmod(0o555)
        answer = programs.run(
            "broker",
            "init",
            "--origin",
            "x.example/log",
            data=folder / "new",
            wrap=self.nobody,
            check=False,
        )
        self.refused(answer, STORAGE, "shut")
        self.assertEqual(list(folder.iterdir()), [])


class SmallDisk:
    """A tmpfs of its own; grown while it is mounted."""

    def __init__(self, folder, size):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        done = subprocess.run(
            [
                "mount",
                "-t",
                "tmpfs",
                "-o",
                f"size={size},mode=700",
                "nganam-test",
                str(self.folder),
            ],
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise unittest.SkipTest(
                "no small disk to fill: mount says "
                + done.stderr.decode("utf-8", "replace").strip()
            )

    def fill(self):
        """Takes what is left."""
        with open(self.folder / "filler", "ab", buffering=0) as stream:
            try:
                while True:
                    stream.write(b"\0" * 4096)
            except OSError:
                pass

    def free(self):
        (self.folder / "filler").unlink()

    def unmount(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=False)


@unittest.skipUnless(os.geteuid() == 0, "only root can mount a small disk to fill")
class FullDisk(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        cls.disks = []
        s = cls.stage
        for name in ("broker", "office", "A"):
            cls.disks.append(SmallDisk(s.data(name), "48m"))
        s.centre()
        s.units("A,Phường A,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")

    @classmethod
    def tearDownClass(cls):
        for service in reversed(cls.stage.services):
            service.kill()
        cls.stage.services.clear()
        for disk in cls.disks:
            disk.unmount()
        super().tearDownClass()

    def report(self, value, **options):
        words = ("report", "--year", YEAR, "1.1", f"value={value % 5}", "explanation=" + "x" * 900)
        return self.stage.agent("A", *words, **options)

    def ward(self):
        return self.stage.agent("A", "status", "--json").json()

    def words_of(self, service, event):
        """The lines of a service's log that hold this word."""
        text = service.log_path.read_text("utf-8")
        return [line for line in text.splitlines() if event in line]

    def test_1_a_full_ward_disk(self):
        """What was not saved is said so and takes no number; what waits is sent when there is room."""
        disk, folder = self.disks[2], str(self.stage.data("A"))
        before = self.ward()
        disk.fill()
        saved = 0
        while (answer := self.report(saved, check=False)).status == 0:
            saved += 1
            self.assertLess(saved, 3000, "the disk never filled up")
        self.refused(answer, STORAGE, folder)
        self.assertEqual(self.ward()["outbox"], before["outbox"] + saved)
        answer = self.stage.agent("A", "send", check=False)  # a receipt needs room too
        self.refused(answer, STORAGE, folder)
        disk.free()
        self.report(3)
        self.stage.agent("A", "send")
        after = self.ward()
        self.assertEqual(after["outbox"], 0)
        self.assertEqual(after["delivered"], before["delivered"] + saved + 1)
        self.assertEqual(after["alarms"], before["alarms"])

    def test_2_a_full_broker_disk(self):
        """The broker lives: it says "full, again" and goes on answering; the ward keeps its reports;
        with room the same process takes them all."""
        disk, broker = self.disks[0], self.stage.services[0]
        pid = broker.pid
        disk.fill()
        number, answer = 0, None
        # Full once is not full for good: a later commit may find room in pages that an earlier one gave back.
        while answer is None or answer.status != stage.PEER:
            self.report(number)
            number += 1
            answer = self.stage.agent("A", "send", "--timeout", 2, check=False)
            self.assertIsNone(broker.process.poll(), "the broker ended")
            self.assertLess(number, 200, "the broker's disk never filled up")
        self.assertTrue(self.words_of(broker, "disk_full"), str(answer))
        self.assertIn("full", answer.err)
        size = self.stage.log_size()
        waiting = self.ward()["outbox"]
        self.assertGreater(waiting, 0)
        disk.free()
        self.stage.agent("A", "send", "--timeout", 60)
        self.assertIsNone(broker.process.poll(), "the broker ended")
        self.assertEqual(broker.pid, pid)
        self.assertEqual(self.ward()["outbox"], 0)
        self.assertGreaterEqual(self.stage.log_size(), size + waiting)
        for event in ("disk_full", "disk_free"):  # in turns, with the place
            stage.programs.wait_until(lambda: self.words_of(broker, event), 20, event)
            self.assertIn(str(self.stage.data("broker")), self.words_of(broker, event)[0])
        stage.programs.wait_until(
            lambda: len(self.words_of(broker, "disk_full")) == len(self.words_of(broker, "disk_free")),
            20,
            "the end of the last full disk is told",
        )
        self.stage.broker("log", "verify")

    def test_3_a_full_office_disk(self):
        """The office says so in one line and ends; what it had is whole, and it goes on from there."""
        disk, office = self.disks[1], self.stage.services[1]
        before = self.stage.office_caught_up()
        disk.fill()
        number = 0
        while office.process.poll() is None:
            self.report(number)
            self.stage.agent("A", "send")
            number += 1
            self.assertLess(number, 200, "the office's disk never filled up")
        self.assertEqual(office.process.returncode, STORAGE)
        folder = str(self.stage.data("office"))
        lines = self.words_of(office, "nganam-office: ")
        self.assertEqual(len(lines), 1, lines)
        self.assertIn(folder, lines[0])
        for _ in range(50):  # a file grows in advance: a few may still find room in it
            answer = self.stage.office("invite", "A", check=False)
            if answer.status != 0:
                break
        self.refused(answer, STORAGE, folder)
        board = self.stage.board()  # reading needs no room
        self.assertGreaterEqual(board["log_size"], before["log_size"])
        disk.free()
        self.stage.services[1] = self.stage.serve("office")
        self.stage.services.pop()
        self.stage.office_caught_up()
        self.stage.office("rebuild", "--check")
        self.stage.office("invite", "A")


if __name__ == "__main__":
    stage.main()
