"""Goal: kill -9 of agent, broker or office at any moment loses nothing acknowledged, counts nothing
twice, and leaves a log and a state that verify.
Method: units report without pause; one program is killed at a random moment and started again, 50 times
or more (NGANAM_CYCLES), the moments drawn from three seeds one after the other; in the end truth.whole()
looks at everything. The first seed is printed.
"""
import os
import random
import subprocess
import threading
import time

import stage
import truth
from stage import YEAR, programs

CYCLES = int(os.environ.get("NGANAM_CYCLES", 50))
UNITS = ("A", "B", "C")
SEEDS = 3


def cycles(count):
    """(number, source of its random moments), the seeds taking turns at equal parts of them."""
    sources = [random.Random(one) for one in stage.seeds(SEEDS)]
    for number in range(count):
        yield number, sources[number * SEEDS // count]


class KillTest(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        cls.stage.centre()
        cls.stage.units(*(f"{unit},Phường {unit},ward" for unit in UNITS))
        cls.stage.criteria(stage.SMALL_SET)
        for unit in UNITS:
            cls.stage.enrol(unit)

    def setUp(self):
        self.acknowledged = {unit: set() for unit in UNITS}
        self.last = {}

    def values(self, number):
        """A report that is different each time and whose points can be told from any other's."""
        return f"value={number % 500 / 100:.2f}"

    def report(self, unit, number):
        """True when the command said that the report is safe."""
        answer = self.stage.agent(
            unit, "report", "--year", YEAR, "1.1", self.values(number), "--json", check=False
        )
        if answer.status == 0:
            self.acknowledged[unit].add(answer.json()["seq"])
            self.last[unit] = number % 500 / 100
        return answer

    def settle(self):
        """Everything delivered and folded."""
        for unit in UNITS:
            self.stage.agent(unit, "send", "--timeout", 60)
        self.stage.office_caught_up()

    def judge(self):
        self.settle()
        listed = truth.whole(self, self.stage, UNITS, self.acknowledged)
        truth.one_verdict_each(self, self.stage, listed)
        rows = {row["unit"]: row for row in self.stage.board()["rows"]}
        for unit in UNITS:
            points = {field["code"]: field["points"] for field in rows[unit]["fields"]}
            self.assertEqual(float(points["1"]), self.last[unit], unit)
        total = sum(len(numbers) for numbers in self.acknowledged.values())
        self.assertGreater(total, CYCLES // 2, "the load was too small to mean anything")
        print(
            f"{CYCLES} kills, {total} acknowledged reports, log of {len(listed)} entries",
            flush=True,
        )


class Broker(KillTest):
    def test_kill(self):
        broker = self.stage.services[0]
        for cycle, rng in cycles(CYCLES):
            senders = []
            for unit in UNITS:
                self.assertEqual(self.report(unit, cycle * 7 + ord(unit)).status, 0)
                senders.append(
                    threading.Thread(
                        target=self.stage.agent, args=(unit, "send"), kwargs={"check": False}
                    )
                )
            for sender in senders:
                sender.start()
            time.sleep(rng.uniform(0, 0.12))
            broker.kill()
            self.stage.services.remove(broker)
            broker = self.stage.serve("broker")
            self.stage.services.insert(0, self.stage.services.pop())
            for sender in senders:
                sender.join()
        self.judge()


def start(program, data, *arguments):
    """A command that is going to be killed."""
    return subprocess.Popen(
        [programs.bin_folder() / f"nganam-{program}", *map(str, arguments), "--data", data],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env=programs.environment("en"),
    )


class Agent(KillTest):
    def test_kill(self):
        """Kills the service, a report on its way to disk, or a delivery, turn and turn about."""
        for cycle, rng in cycles(CYCLES):
            unit = UNITS[cycle % len(UNITS)]
            self.assertEqual(self.report(unit, cycle * 11 + 1).status, 0)
            words = (["send"], ["serve"], ["report", "--year", YEAR, "2.1", f"value={cycle % 4}"])[
                cycle // 3 % 3
            ]
            victim = start("agent", self.stage.data(unit), *words)
            time.sleep(rng.uniform(0, 0.1))
            victim.kill()
            victim.communicate()
        self.judge()


class Enrolment(stage.TownTest):
    """An enrolment that is killed goes on with the same slip."""

    COUNT = max(4, CYCLES // 5)

    @classmethod
    def setUpStage(cls):
        cls.stage.centre()
        cls.units = [f"U{number}" for number in range(cls.COUNT)]
        cls.stage.units(*(f"{unit},Phường {unit},ward" for unit in cls.units))
        cls.stage.criteria(stage.SMALL_SET)

    def test_kill(self):
        for number, rng in cycles(self.COUNT):
            unit = self.units[number]
            slip = self.stage.office("invite", unit, "--json").json()["slip"]
            for _ in range(3):
                victim = start("agent", self.stage.data(unit), "enrol", slip)
                time.sleep(rng.uniform(0, 0.06))
                victim.kill()
                victim.communicate()
            self.stage.agent(unit, "enrol", slip)
            self.stage.agent(unit, "report", "--year", YEAR, "1.1", "value=1")
            self.stage.agent(unit, "send")
        self.stage.office_caught_up()
        listed = truth.whole(self, self.stage, self.units, {unit: {1, 2} for unit in self.units})
        print(
            f"{3 * self.COUNT} kills of {self.COUNT} enrolments, log of {len(listed)} entries",
            flush=True,
        )


class Office(KillTest):
    """Kills the service, and each third time a command of its own that writes beside it."""

    def test_kill(self):
        office = self.stage.services[1]
        events = {}
        for cycle, rng in cycles(CYCLES):
            for unit in UNITS:
                self.assertEqual(self.report(unit, cycle * 13 + ord(unit)).status, 0)
                self.stage.agent(unit, "send")
            if cycle % 3 == 0:
                victim = start("office", self.stage.data("office"), "event", f"v{cycle}", truth.EVENT_DAY)
                time.sleep(rng.uniform(0, 0.1))
                victim.kill()
                victim.communicate()
            else:
                self.say_event(f"e{cycle}", events)
            time.sleep(rng.uniform(0, 0.1))
            office.kill()
            self.stage.services.remove(office)
            office = self.stage.serve("office", ready_within=0 if cycle + 1 < CYCLES else 60)
        self.assertGreater(len(events), CYCLES // 3, "it wrote too little to mean anything")
        self.judge()
        truth.events_hold(self, self.stage, truth.entries(self.stage), events)

    def say_event(self, code, events):
        """Kept when the command said at which index of the log it stands."""
        answer = self.stage.office("event", code, truth.EVENT_DAY, "--json", check=False)
        if answer.status == 0:
            events[code] = answer.json()["index"]


if __name__ == "__main__":
    stage.main()
