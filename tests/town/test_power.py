"""Goal: a power cut at any moment loses nothing that was acknowledged. kill -9 does not show that: the
page cache outlives a process.
Method: the data directory lies on an ext4 of its own on a loop device; in the middle of the work the
shutdown ioctl drops everything that was not on the disk, NGANAM_CYCLES times, and the program is started
again on what is left. Each cut comes after something was acknowledged. The control is the same run with
a program whose syncs say that they are done and are not (libnganam_preload.so): it must start, acknowledge,
and lose what it acknowledged (Lost), or this test could not see a loss.
Needs root, mkfs.ext4 and loop devices; skipped with a message without them.
"""
import fcntl
import itertools
import os
import random
import shutil
import struct
import subprocess
import threading
import time
import unittest

import client
import faults
import stage
import truth
from stage import DONE, STORAGE, YEAR, programs

CYCLES = int(os.environ.get("NGANAM_CYCLES", 3))
SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2


class Lost(AssertionError):
    """What is left on the disk is not what was acknowledged. Raised by judged() alone."""


def system(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, check=False)
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise OSError(f"{words[0]}: {said}")


class Disk:
    """An ext4 that is mounted over a folder and whose power can be cut."""

    def __init__(self, test, image, folder):
        if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
            raise unittest.SkipTest("no power to cut: needs root and mkfs.ext4")
        self.image, self.folder, self.mounted = image, folder, False
        folder.mkdir(mode=0o700)
        with open(image, "wb") as file:
            file.truncate(64 << 20)
        system("mkfs.ext4", "-q", "-F", "-m", "0", image)
        test.addClassCleanup(self.unmount)
        try:
            self.mount()
        except OSError as why:
            raise unittest.SkipTest(f"no power to cut: {why}")
        folder.chmod(0o700)

    def mount(self):
        system("mount", "-o", "loop", self.image, self.folder)
        self.mounted = True

    def unmount(self):
        """The loop device goes with the mount; lazily where somebody still sits in it."""
        if self.mounted:
            self.mounted = False
            if subprocess.run(["umount", self.folder], capture_output=True, check=False).returncode:
                system("umount", "-l", self.folder)

    def settle(self):
        """What is there now is on the disk."""
        system("sync", "-f", self.folder)

    def cut(self):
        fd = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(fd, SHUTDOWN, struct.pack("=I", NO_LOG_FLUSH))
        finally:
            os.close(fd)

    def power_on(self):
        system("umount", self.folder)
        self.mounted = False
        self.mount()


class PowerTest(stage.TownTest):
    """Subclasses: NAME is the folder on the disk; act() does one piece of work, keeps what is acknowledged
    and says whether anything was; judge() looks at what is left."""

    PROGRAM = NAME = None

    @classmethod
    def setUpStage(cls):
        cls.rng = random.Random(stage.seed())
        cls.addClassCleanup(shutil.rmtree, cls.stage.folder, True)  # again, behind the unmount
        cls.plan = faults.Plan(cls.stage.folder)
        cls.disk = Disk(cls, cls.stage.folder / "disk.img", cls.stage.data(cls.NAME))
        cls.cuts, cls.acknowledged, cls.numbers = 0, {}, itertools.count(1)
        cls.furnish()

    def env(self, lazy):
        if not lazy:
            return None
        self.plan.ignore_syncs()
        return self.plan.env(f"nganam-{self.PROGRAM}")

    def serve(self, lazy=False):
        self.service = programs.Service(
            self.PROGRAM,
            "serve",
            *stage.at_once(self.PROGRAM),
            data=self.stage.data(self.NAME),
            log=self.stage.folder / f"{self.NAME}.log",
            env=self.env(lazy),
        )
        self.stage.services.append(self.service)
        return self.service

    def gone(self):
        """The service ends by itself when its disk is gone, and says that storage failed."""
        service = self.service
        if service.process.poll() is None:
            service.signal(15)
        try:
            service.process.wait(20)
        finally:
            service.kill()
            self.stage.services.remove(service)
        return service.process.returncode

    def cut_later(self):
        """After a while in which more is acknowledged, as a thread."""
        timer = threading.Timer(self.rng.uniform(0.05, 0.5), self.disk.cut)
        timer.start()
        return timer

    def cycle(self, lazy):
        self.disk.settle()
        self.begin(lazy)
        before, timer = len(self.acknowledged), None
        try:
            while self.act(lazy):
                timer = timer or self.cut_later()
        finally:
            if timer is not None:
                timer.join()
            self.end()
        self.assertIsNotNone(timer, "nothing was acknowledged while the power was on")
        self.assertGreater(len(self.acknowledged), before)
        self.disk.power_on()
        self.judged()
        type(self).cuts += 1

    def begin(self, lazy):
        self.serve(lazy)

    def end(self):
        self.assertIn(self.gone(), (DONE, STORAGE))

    def judged(self):
        """Only here a failure means that the disk lost something: programs with real syncs look at it,
        in the same way as in all the cycles that went well."""
        try:
            self.judge()
        except (AssertionError, programs.CommandFailed, client.Lie) as why:
            raise Lost(str(why)) from why

    def each_cut(self):
        for _ in range(CYCLES):
            self.cycle(lazy=False)
        kept = len(self.acknowledged)
        print(f"{type(self).__name__}: {self.cuts} cuts, {kept} acknowledged", flush=True)
        with self.assertRaises(Lost, msg="nothing was lost without any sync: this sees no loss") as seen:
            self.cycle(lazy=True)
        print(
            f"without syncs: {len(self.acknowledged) - kept} more acknowledged; "
            + str(seen.exception).strip().splitlines()[0][:160],
            flush=True,
        )


class Broker(PowerTest):
    PROGRAM = NAME = "broker"
    test = PowerTest.each_cut

    @classmethod
    def furnish(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward")
        cls.sender = client.Client(
            client.Slip(s.office("invite", "A", "--json").json()["slip"]), timeout_ms=1500
        )
        cls.sender.enrol()
        for service in reversed(s.services):
            service.stop()
        s.services.clear()
        cls.statements = []

    def begin(self, lazy):
        super().begin(lazy)
        self.sender.connect(self.sender.curve)
        self.catch_up()
        self.statements.clear()

    def catch_up(self):
        """What was sent and not acknowledged is sent again; what was acknowledged has its place."""
        for number, statement in enumerate(self.statements, self.sender.seq - len(self.statements) + 1):
            index = self.sender.submit(*statement)
            self.assertEqual(self.acknowledged.setdefault(number, index), index)

    def act(self, lazy):
        statement = self.sender.author(client.KIND_REPORT, os.urandom(self.rng.randrange(3000)))
        self.statements.append(statement)
        number = self.sender.seq
        try:
            self.acknowledged[number] = self.sender.submit(*statement)
        except client.zmq.Again:
            return False
        return True

    def judge(self):
        self.serve()
        welcome = self.sender.connect(self.sender.curve)
        self.assertGreaterEqual(welcome.high_water, max(self.acknowledged), "acknowledged and lost")
        self.catch_up()
        listed = {e["seq"]: e["index"] for e in truth.entries(self.stage) if e["author"] == "A"}
        for number, index in self.acknowledged.items():
            self.assertEqual(listed.get(number), index, f"number {number}")
        self.stage.broker("log", "verify")
        self.assertEqual(self.gone(), DONE)


class Agent(PowerTest):
    PROGRAM, NAME = "agent", "A"
    test = PowerTest.each_cut

    @classmethod
    def furnish(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")

    def act(self, lazy):
        """Saves a report while the service delivers those before it."""
        value = next(self.numbers) % 500 / 100
        answer = self.stage.agent(
            *("A", "report", "--year", YEAR, "1.1", f"value={value:.2f}", "--json"),
            check=False,
            env=self.env(lazy),
        )
        if answer.status == DONE:
            self.acknowledged[answer.json()["seq"]] = value
        else:
            self.assertEqual(answer.status, STORAGE, str(answer))
        return answer.status == DONE

    def judge(self):
        status = self.stage.agent("A", "status", "--json").json()
        self.assertGreaterEqual(
            status["outbox"] + status["delivered"], max(self.acknowledged), "saved and lost"
        )
        self.stage.agent("A", "send")
        self.stage.office_caught_up()
        truth.whole(self, self.stage, ["A"], {"A": set(self.acknowledged)})


class Office(PowerTest):
    PROGRAM = NAME = "office"
    test = PowerTest.each_cut

    @classmethod
    def furnish(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")
        s.office_caught_up()
        s.services.pop().stop()

    def act(self, lazy):
        """A ward reports, the office judges, and a command of its own writes."""
        value = next(self.numbers) % 500 / 100
        self.stage.agent("A", "report", "--year", YEAR, "1.1", f"value={value:.2f}")
        self.stage.agent("A", "send")
        return self.say_event(lazy)

    def say_event(self, lazy=False):
        """An event of its own; kept when the office says at which index of the log it stands."""
        code = f"e{next(self.numbers)}"
        answer = self.stage.office(
            "event", code, truth.EVENT_DAY, "--json", check=False, env=self.env(lazy)
        )
        if answer.status == DONE:
            self.acknowledged[code] = answer.json()["index"]
        return answer.status == DONE

    def judge(self):
        self.serve()
        try:
            self.assertTrue(self.say_event(), "it writes nothing any more")
            self.stage.office_caught_up()
            status = self.stage.office("status", "--json").json()
            self.assertEqual(status.get("alarms", []), [])
            listed = truth.whole(self, self.stage, ["A"], {})
            truth.one_verdict_each(self, self.stage, listed)
            truth.events_hold(self, self.stage, listed, self.acknowledged)
        finally:
            self.gone()


if __name__ == "__main__":
    stage.main()
