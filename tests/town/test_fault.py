"""Goal: whatever call of a whole program fails, what it leaves is the old state or the new one, nothing
acknowledged is lost, nothing counts twice, the person reads one line with path and cause, and the next
start is clean.
Method: libnganam_preload.so makes the k-th call of one kind fail in a program as it is installed, once
or from then on, at each place where a program makes, opens or changes its data. Without faults the
calls are counted first; then NGANAM_CYCLES of them are tried in each loop, or each one when that number
is not smaller. The seed is printed.
"""
import errno
import os
import pathlib
import random
import re
import shutil
import signal
import tempfile

import client
import faults
import stage
import truth
from stage import DONE, PEER, STORAGE, YEAR, programs

PER_LOOP = int(os.environ.get("NGANAM_CYCLES", 2))
FOREIGN_MAX = 100  # of thousands of allocations that are not ours to mend
ENDS_WITHIN = 20
NO_FOLDER_YET = r"^nganam-[a-z]+: (--data|[a-z]+): "

# What fails, how, and whether all behind it fail too. EINTR only once: whoever repeats would repeat for ever.
LOOPS = (
    ("write", errno.EIO, False),
    ("write", errno.EIO, True),
    ("write", errno.ENOSPC, False),
    ("write", errno.ENOSPC, True),
    ("write", errno.EINTR, False),
    ("write", faults.SHORT, False),
    ("write", faults.SHORT, True),
    ("sync", errno.EIO, False),
    ("sync", errno.EIO, True),
    ("sync", errno.ENOSPC, False),
    ("sync", errno.ENOSPC, True),
    ("sync", errno.EINTR, False),
    ("open", errno.EIO, False),
    ("open", errno.EMFILE, True),
    ("read", errno.EIO, False),
    ("rename", errno.EIO, False),
    ("rename", errno.ENOSPC, True),
    ("map", errno.ENOMEM, False),
    ("map", errno.ENOMEM, True),
    ("folder", errno.ENOSPC, False),
    ("folder", errno.EIO, True),
    ("memory", errno.ENOMEM, False),
    ("memory", errno.ENOMEM, True),
    ("foreign", errno.ENOMEM, False),
)


class Loops(stage.TownTest):
    """Subclasses: trial() does the work between arm() and disarm(), and judges what it left; test is
    each_fault."""

    @classmethod
    def setUpClass(cls):
        cls.rng = random.Random(stage.seed())
        cls.tried, cls.ended, cls.number = 0, {}, 0
        logs = tempfile.TemporaryDirectory(prefix="nganam-")  # not among the files that are counted
        cls.addClassCleanup(logs.cleanup)
        cls.logs = pathlib.Path(logs.name)
        super().setUpClass()

    @classmethod
    def setUpStage(cls):
        cls.plan = faults.Plan(cls.stage.folder)
        cls.furnish()

    LEFT_OUT = ()

    def arm(self):
        self.plan.arm(*self.fault)

    def disarm(self):
        self.plan.disarm()

    def calls_of(self, kind):
        """How many there are in a trial in which none fails."""
        self.fault, self.answers = (kind, faults.NEVER, 0), []
        self.trial()
        return self.plan.calls

    def places(self, count):
        """Which of the calls 1 … count fail; with all of them also those a failure brings with it."""
        number = min(PER_LOOP, FOREIGN_MAX) if self.kind == "foreign" else PER_LOOP
        if number < count:
            yield from sorted({1, count, *self.rng.sample(range(1, count + 1), number - 1)})
            return
        place = 1
        while place <= count or self.plan.struck:
            yield place
            place += 1

    def each_fault(self):
        counts = {}
        for kind, error, sticky in (loop for loop in LOOPS if loop[0] not in self.LEFT_OUT):
            if kind not in counts:
                counts[kind] = self.calls_of(kind)
            self.kind = kind
            for place in self.places(counts[kind]):
                self.fault = (kind, place, error, sticky)
                name = "short" if error == faults.SHORT else errno.errorcode[error]
                words = f"{kind} {place} of {counts[kind]}: {name}{', and from then on' * sticky}"
                with self.subTest(words):
                    self.try_once(words)
        self.finish()
        print(f"{type(self).__name__}: calls {counts}; {self.tried} failed, ends {self.ended}")

    def try_once(self, words):
        self.answers = []
        self.plan.clear()
        before = list(self.stage.services)
        try:
            self.trial()
            self.tried += 1
        except (AssertionError, programs.CommandFailed) as wrong:
            for service in set(self.stage.services) - set(before):
                self.forget(service)
                service.kill()
            said = "\n".join(map(str, self.answers))
            raise AssertionError(f"{words}; at {self.plan.what}\n{said}\n{str(wrong)[-1500:]}")

    def finish(self):
        pass

    # ---- What a program with a fault may say ----

    def serve_armed(self, *service, until=lambda _: True):
        """A service under the plan, if it becomes ready kept until so much is done, and ended."""
        self.arm()
        service = self.start(*service)
        if self.is_ready(service):
            programs.wait_until(lambda: until(service), ENDS_WITHIN, "the service's work or the fault")
        status, words = self.end(service)
        self.disarm()
        self.judge_end(status, words)

    def run_armed(self, program, *arguments, data, also=()):
        """A command under the plan: done, or one line with path and cause and exit status 4."""
        self.arm()
        answer = programs.run(
            program,
            *arguments,
            data=self.stage.data(data),
            env=self.plan.env(f"nganam-{program}"),
            check=False,
            timeout=60,
        )
        self.disarm()
        self.answers.append(answer)
        self.judge_end(answer.status, answer.err, also)
        if answer.status == STORAGE:
            self.assertEqual(len(answer.err.strip().splitlines()), 1, "not one line")
        return answer

    def judge_end(self, status, words, also=()):
        kind = self.fault[0]
        self.ended[status] = self.ended.get(status, 0) + 1
        if status in (-signal.SIGABRT, -signal.SIGSEGV) and kind == "foreign":
            return  # libzmq and libcrypto end the process without memory; the state is judged all the same
        if status == -signal.SIGABRT and kind == "memory" and "ledger/hash.c" in words:
            return  # OpenSSL allocates for each hash; without it CHECK ends the process, with a line
        self.assertIn(status, (DONE, STORAGE, *also), words)
        if status == STORAGE:
            line = (words.strip().splitlines() or [""])[-1]
            if kind in ("memory", "foreign", "map"):
                self.assertRegex(line, r"^nganam-[a-z]+: .*memory", "not the cause")
            self.assertRegex(line, r"^nganam-[a-z]+: .+: .+", "no cause")
            # Before the options are read nobody knows the folder.
            if kind not in ("memory", "foreign") or not re.match(NO_FOLDER_YET, line):
                self.assertIn(str(self.stage.folder), line, "no path")

    # ---- Services ----

    def start(self, program, name=None):
        """A service under the plan: (service, whether it became ready)."""
        name = name or program
        log = self.logs / f"{name}.log"
        log.unlink(missing_ok=True)
        service = programs.Service(
            program,
            "serve",
            *stage.at_once(program),
            data=self.stage.data(name),
            log=log,
            ready_within=0,
            env=self.plan.env(f"nganam-{program}"),
        )
        self.stage.services.append(service)
        return service

    def is_ready(self, service):
        try:
            service.wait_ready(3 if self.fault[0] == "foreign" else ENDS_WITHIN)
        except programs.CommandFailed:
            return False
        return True

    def forget(self, service):
        if service in self.stage.services:
            self.stage.services.remove(service)

    def end(self, service):
        """Stops what still runs; returns (its exit status, its words)."""
        ended = service.process.poll() is not None
        status = service.kill() if ended else service.stop(ENDS_WITHIN)
        self.forget(service)
        return status, service.log_path.read_text("utf-8", "replace")

    def clean_start(self, program, name=None):
        service = self.stage.serve(program, name=name)
        return service

    def stop(self, service):
        self.forget(service)
        self.assertEqual(service.stop(), DONE)


def restore(stage_, kept, name):
    """The folder as it was when it was kept."""
    shutil.rmtree(stage_.data(name), ignore_errors=True)
    if kept is not None:
        shutil.copytree(stage_.data(kept), stage_.data(name))


# ---- The broker ----


class BrokerInit(Loops):
    test = Loops.each_fault

    @classmethod
    def furnish(cls):
        pass

    def trial(self):
        s = self.stage
        restore(s, None, "broker")
        words = ("init", "--origin", stage.ORIGIN, "--endpoint", s.endpoint, "--json")
        answer = self.run_armed("broker", *words, data="broker")
        again = s.broker(*words).json()
        if answer.status == DONE:
            first = answer.json()
            self.assertEqual(first["log_vkey"], again["log_vkey"], "the log's key was lost")
            self.assertEqual(s.log_size(), 3, "genesis and two invites")
        s.broker("log", "verify")
        self.stop(self.clean_start("broker"))


class BrokerFirstServe(Loops):
    test = Loops.each_fault

    @classmethod
    def furnish(cls):
        cls.stage.init_broker()
        shutil.copytree(cls.stage.data("broker"), cls.stage.data("kept"))

    def trial(self):
        s = self.stage
        restore(s, "kept", "broker")
        self.serve_armed("broker")
        s.broker("log", "verify")
        self.stop(self.clean_start("broker"))
        s.broker("log", "verify")


class Gone(Exception):
    """The broker ended before it answered."""


class Sender(client.Client):
    """Waits for the answer as long as the broker lives."""

    service = None

    def raw(self):
        for _ in range(ENDS_WITHIN * 50):
            if self.socket.poll(20):
                return self.socket.recv()
            if self.service.process.poll() is not None and not self.socket.poll(20):
                raise Gone
        raise AssertionError("the broker lives and does not answer")


class BrokerIngest(Loops):
    test = Loops.each_fault
    LEFT_OUT = ("foreign",)  # libzmq may then stay mute until the broker is started again: TESTING.md

    @classmethod
    def furnish(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward")
        slip = s.office("invite", "A", "--json").json()["slip"]
        cls.sender = Sender(client.Slip(slip))
        cls.sender.service = s.services[0]
        cls.sender.enrol()
        for service in reversed(s.services):
            service.stop()
        s.services.clear()
        cls.acknowledged, cls.pending = {}, None

    def calls_of(self, kind):
        calls = super().calls_of(kind)
        if kind == "sync":
            self.assertEqual(calls, 2, "a commit syncs its pages, and its meta page by itself")
        return calls

    def submit(self, statement):
        """Its index, None when the broker ended, or the words of a refusal."""
        try:
            return self.sender.submit(*statement)
        except Gone:
            return None
        except RuntimeError as refused:
            return str(refused)

    def connect(self, service):
        self.sender.service = service
        return self.sender.connect(self.sender.curve)

    def trial(self):
        service = self.start("broker")
        self.assertTrue(self.is_ready(service))
        self.connect(service)
        if self.pending:  # a trial before this one went wrong
            self.submit(self.pending)
        number = self.sender.seq + 1
        statement = type(self).pending = self.sender.author(client.KIND_REPORT, os.urandom(self.rng.choice((9, 9000))))
        self.arm()
        answer = self.submit(statement)
        if isinstance(answer, int):
            self.acknowledged[number] = answer
        self.judge_live(service, answer, statement)
        self.disarm()
        status, words = self.end(service)
        self.judge_end(status, words)
        if answer is None:
            self.assertNotEqual(status, DONE)
        self.judge_log(number, statement)

    def judge_live(self, service, answer, statement):
        """A refusal means "later", and later it works; after a failed sync there is no later."""
        kind, _, error = self.fault[:3]
        spoilt = (
            self.plan.struck
            and kind in ("sync", "write")
            and "data.mdb" in self.plan.what
            and not self.plan.what.startswith("ahead:")  # the commit asks for itself
            and "/witness/" not in self.plan.what  # nothing is acknowledged from there
            and (error != errno.ENOSPC or kind == "sync")
            # LMDB repeats a write that a signal broke off; of a sync nobody knows what it did.
            and (error != errno.EINTR or "sync" in self.plan.what)
        )
        if spoilt:
            self.assertIsNone(answer, "acknowledged after the disk did not take it")
        if answer is None:
            service.process.wait(ENDS_WITHIN)  # how it ended is judged by judge_end
        elif isinstance(answer, str):
            self.disarm()
            self.assertIn(error, (errno.ENOSPC, faults.SHORT), answer)
            self.assertIsInstance(self.submit(statement), int, "with room again it is not taken")

    def judge_log(self, number, statement):
        service = self.clean_start("broker")
        high_water = self.connect(service).high_water
        self.assertIn(high_water, (number - 1, number))
        if number in self.acknowledged:
            self.assertEqual(high_water, number, "acknowledged and lost")
        index = self.submit(statement)
        self.assertEqual(self.acknowledged.setdefault(number, index), index)
        type(self).pending = None
        self.stage.broker("log", "verify")
        self.stop(service)

    def finish(self):
        listed = truth.entries(self.stage)
        truth.numbers_without_gap(self, listed)
        logged = {entry["seq"]: entry["index"] for entry in listed if entry["author"] == "A"}
        for number, index in self.acknowledged.items():
            self.assertEqual(logged.get(number), index, f"number {number}")


# ---- The ward ----


class Ward(Loops):
    @classmethod
    def furnish(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")

    def numbers(self):
        """(written, delivered) by the ward."""
        status = self.stage.agent("A", "status", "--json").json()
        self.assertEqual(status["alarms"], [])
        return status["outbox"] + status["delivered"], status["delivered"]

    def report_words(self):
        self.number += 1
        return ("report", "--year", YEAR, "1.1", f"value={self.number % 500 / 100:.2f}", "--json")

    def finish(self):
        self.stage.agent("A", "send")
        self.stage.office_caught_up()
        written, _ = self.numbers()
        listed = truth.whole(self, self.stage, ["A"], {"A": set(range(1, written + 1))})
        truth.one_verdict_each(self, self.stage, listed)


class AgentReport(Ward):
    test = Loops.each_fault

    def trial(self):
        before, _ = self.numbers()
        answer = self.run_armed("agent", *self.report_words(), data="A")
        after, _ = self.numbers()
        if answer.status == DONE:
            self.assertEqual((answer.json()["seq"], after), (before + 1, before + 1))
        else:
            self.assertIn(after, (before, before + 1))
        self.stage.agent("A", "send")
        self.assertEqual(self.numbers(), (after, after))


class AgentSend(Ward):
    test = Loops.each_fault

    def trial(self):
        seq = self.stage.agent("A", *self.report_words()).json()["seq"]
        answer = self.run_armed("agent", "send", "--timeout", 3, data="A", also=(PEER,))
        written, delivered = self.numbers()
        self.assertEqual(written, seq)
        if answer.status == DONE:
            self.assertEqual(delivered, seq)
        self.stage.agent("A", "send")
        self.assertEqual(self.numbers(), (seq, seq))


class AgentServe(Ward):
    """The service meets a report that waits, and delivers it."""

    test = Loops.each_fault

    def trial(self):
        seq = self.stage.agent("A", *self.report_words()).json()["seq"]
        self.serve_armed("agent", "A", until=lambda service: self.settled(service, seq))
        self.assertEqual(self.numbers()[0], seq)
        self.stage.agent("A", "send")
        self.assertEqual(self.numbers(), (seq, seq))

    def settled(self, service, seq):
        return self.plan.struck or service.process.poll() is not None or self.numbers()[1] == seq


class AgentEnrol(Loops):
    test = Loops.each_fault

    @classmethod
    def furnish(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward")
        s.criteria(stage.SMALL_SET)
        cls.slip = s.office("invite", "A", "--json").json()["slip"]
        for service in reversed(s.services):
            service.stop()
        s.services.clear()
        shutil.copytree(s.data("broker"), s.data("kept"))

    def trial(self):
        s = self.stage
        restore(s, "kept", "broker")
        s.broker("restore", "--accept")  # a copy, and nothing is missing from it
        restore(s, None, "A")
        broker = self.clean_start("broker")
        self.run_armed("agent", "enrol", self.slip, "--timeout", 3, data="A", also=(PEER,))
        s.agent("A", "enrol", self.slip)
        s.agent("A", "report", "--year", YEAR, "1.1", "value=3")
        s.agent("A", "send")
        self.assertEqual(s.agent("A", "status", "--json").json()["alarms"], [])
        truth.numbers_without_gap(self, truth.entries(s))
        s.broker("log", "verify")
        self.stop(broker)


# ---- The office ----


class OfficeInit(Loops):
    test = Loops.each_fault

    @classmethod
    def furnish(cls):
        cls.stage.init_broker()
        shutil.copytree(cls.stage.data("broker"), cls.stage.data("kept"))

    def trial(self):
        s = self.stage
        restore(s, "kept", "broker")
        restore(s, None, "office")
        broker = self.clean_start("broker")
        self.run_armed("office", "init", s.made["office_slip"], data="office", also=(PEER,))
        s.office("init", s.made["office_slip"])
        s.units("A,Phường A,ward")
        s.office("rebuild", "--check")
        truth.numbers_without_gap(self, truth.entries(s))
        s.broker("log", "verify")
        self.stop(broker)


class OfficeFirstServe(Loops):
    """The service folds a log for the first time."""

    test = Loops.each_fault

    @classmethod
    def furnish(cls):
        s = cls.stage
        s.centre(serve_office=False)
        s.units("A,Phường A,ward")
        s.criteria(stage.SMALL_SET)
        shutil.copytree(s.data("office"), s.data("kept"), ignore=shutil.ignore_patterns("wake"))

    def trial(self):
        s = self.stage
        restore(s, "kept", "office")
        self.serve_armed("office")
        service = self.clean_start("office")
        s.office_caught_up()
        s.office("rebuild", "--check")
        self.stop(service)


class OfficeApply(Ward):
    """The service meets reports that came while it was away, folds them and sends its verdicts."""

    test = Loops.each_fault

    def trial(self):
        s = self.stage
        if len(s.services) > 1:
            self.stop(s.services[1])
        self.number += 1
        s.agent("A", "report", "--year", YEAR, "1.1", f"value={self.number % 500 / 100:.2f}")
        s.agent("A", "send")
        self.serve_armed("office")
        self.clean_start("office")
        s.office_caught_up()
        row = next(row for row in s.board()["rows"] if row["unit"] == "A")
        points = {field["code"]: field["points"] for field in row["fields"]}
        self.assertEqual(float(points["1"]), self.number % 500 / 100)
        s.office("rebuild", "--check")


if __name__ == "__main__":
    stage.main()
