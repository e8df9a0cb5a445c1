"""Goal: a machine gets new keys by its own old ones, loses and repeats nothing on the way, and whoever has
only the old keys afterwards has nothing.
Method: the programs, killed at random moments of a rotation; in the end the log holds each statement once.
The seed is printed.
"""
import json
import os
import random
import shutil
import subprocess
import time

import stage
from stage import NO, PEER, STORAGE, YEAR, programs

CYCLES = int(os.environ.get("NGANAM_CYCLES", 50))


class RotateTest(stage.TownTest):
    broker = ()

    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre(*cls.broker)
        s.units("A,Phường A,ward", "B,Phường B,ward", "C,Phường C,ward")
        s.criteria(stage.SMALL_SET)

    def report(self, unit, value):
        self.stage.agent(unit, "report", "--year", YEAR, "1.1", f"value={value}")

    def party(self, code):
        table = self.stage.office("parties", "--json").json()["parties"]
        return next(row for row in table if row["party"] == code)

    def kinds(self, author):
        listed = self.stage.broker("log", "list", "--json").json()["entries"]
        return [row["kind_name"] for row in listed if row["author"] == author]


class Rotate(RotateTest):
    def test_what_waits_is_delivered_first_and_the_old_keys_are_good_for_nothing(self):
        s = self.stage
        s.enrol("A")
        copy = s.folder / "copy"
        shutil.copytree(s.data("A"), copy, ignore=shutil.ignore_patterns("wake"))
        self.report("A", 1)
        made = s.agent("A", "rotate", "--json").json()
        self.assertEqual((made["epoch"], made["earlier_delivered"], made["earlier_lost"]), (2, 1, 0))
        self.report("A", 2)
        s.agent("A", "send")
        self.assertEqual(self.kinds("A"), ["enrol", "report", "rotate", "report"])
        s.office_caught_up()
        self.assertEqual((self.party("A")["epoch"], self.party("A")["state"]), (2, "active"))
        self.assertEqual(s.agent("A", "alarms", "--json", check=False).json()["alarms"], [])
        self.assertFalse((s.data("A") / "identity.new").exists())
        listed = s.agent("A", "receipts", "--json").json()["receipts"]
        self.assertEqual({(row["epoch"], row["kind"]) for row in listed},
                         {(1, "enrol"), (1, "report"), (2, "rotate"), (2, "report")})
        proofs = s.folder / "proofs"
        s.agent("A", "receipts", "--export-all", proofs, "--leaves")
        # The old keys, in a copy of the folder of before.
        shutil.move(s.data("A"), s.folder / "right")
        shutil.move(copy, s.data("A"))
        try:
            self.report("A", 3)
            sent = s.agent("A", "send", "--timeout", 5, check=False)
            self.assertEqual(sent.status, NO, sent)
            self.assertIn("does not admit", sent.err)
            self.refused(s.agent("A", "rotate", "--timeout", 5, check=False), NO, "new slip")
        finally:
            shutil.rmtree(s.data("A"))
            shutil.move(s.folder / "right", s.data("A"))
        self.assertEqual(self.kinds("A"), ["enrol", "report", "rotate", "report"])
        self.assertIn("epoch 3", s.agent("A", "rotate").out)
        s.broker("log", "verify")

    def test_it_needs_the_line_the_folder_and_an_enrolment(self):
        s = self.stage
        self.refused(s.agent("C", "rotate", check=False), NO, "enrol")
        self.assertFalse(s.data("C").exists())
        s.enrol("B")
        agent = s.serve("agent", name="B")
        self.refused(s.agent("B", "rotate", check=False), STORAGE, "stop it first")
        agent.stop()
        s.services.remove(agent)
        broker = s.services[0]
        broker.stop()
        self.report("B", 1)
        self.refused(s.agent("B", "rotate", "--timeout", 2, check=False), PEER)
        before = (s.data("B") / "identity.new").read_bytes()
        self.report("B", 2)  # the present keys go on
        s.services.remove(broker)
        s.serve("broker")
        s.services.insert(0, s.services.pop())
        made = s.agent("B", "rotate", "--json").json()
        self.assertEqual((made["epoch"], made["earlier_delivered"]), (2, 2))
        self.assertEqual((s.data("B") / "identity").read_bytes(), before)

    def test_the_office_rotates_and_goes_on(self):
        s = self.stage
        office = s.services[-1]
        self.refused(s.office("rotate", check=False), STORAGE, "stop its serve")
        office.stop()
        s.services.remove(office)
        self.assertEqual(s.office("rotate", "--json").json()["epoch"], 2)
        s.serve("office")
        s.enrol("C")
        self.report("C", 4)
        s.agent("C", "send")
        s.office_caught_up()
        self.assertEqual(self.party("office")["epoch"], 2)


class Often(RotateTest):
    def test_the_fifth_rotation_of_an_hour_waits_and_says_why(self):
        s = self.stage
        s.enrol("A")
        for epoch in range(2, 6):
            self.assertEqual(s.agent("A", "rotate", "--json").json()["epoch"], epoch)
        self.refused(s.agent("A", "rotate", "--timeout", 3, check=False), PEER, "quota")
        self.report("A", 1)
        s.agent("A", "send")  # it goes on with the keys it has


class Confirmed(RotateTest):
    def test_a_confirmed_key_vouches_for_the_next_and_one_that_waits_does_not(self):
        s = self.stage
        confirmation = lambda unit: s.agent(unit, "status", "--json").json()["confirmation"]  # noqa: E731
        s.enrol("A")
        s.office("actor", "add", "an", "--role", "admin")
        s.office("policy", "enrolment", "confirm", "--actor", "an")
        s.agent("A", "rotate")  # it enrolled when a slip was enough
        self.assertIsNone(confirmation("A"))
        self.report("A", 1)
        s.agent("A", "send")
        s.enrol("B")
        first = confirmation("B")["digits"]
        made = s.agent("B", "rotate", "--json").json()
        second = made["confirmation"]["digits"]
        self.assertNotEqual(first, second)
        s.office_caught_up()
        self.assertEqual(self.party("B")["state"], "unconfirmed")
        self.refused(
            s.office("confirm", "B", "--digits", first, "--actor", "an", check=False), NO, "revoke B"
        )
        s.office("confirm", "B", "--digits", second, "--actor", "an")
        # The word of it has not been fetched yet; a rotation does, and says nothing else of it.
        self.assertIsNone(s.agent("B", "rotate", "--json").json()["confirmation"])
        self.assertIsNone(confirmation("B"))
        self.report("B", 2)
        s.agent("B", "send")
        s.office("policy", "enrolment", "code", "--actor", "an")


class OwnKey(RotateTest):
    """What others do about a unit's key is told on its machine."""

    def texts(self, unit):
        made = self.stage.agent(unit, "alarms", "--json", check=False).json()["alarms"]
        return [one["text"] for one in made]

    def test_a_second_machine_under_the_code_raises_the_alarm_on_the_first(self):
        s = self.stage
        s.enrol("A")
        s.enrol("B")
        self.assertEqual((self.texts("A"), self.texts("B")), ([], []))
        agent = s.serve("agent", name="A")
        index = s.log_size()
        slip = s.office("invite", "A", "--json").json()["slip"]
        programs.wait_until(lambda: self.texts("A"), 10, "the first machine hears of the slip at once")
        self.assertEqual(len(self.texts("A")), 1)
        self.assertIn("another machine of this unit was given out", self.texts("A")[0])
        self.assertIn(f"(entry {index} of the log)", self.texts("A")[0])
        number = s.agent("A", "alarms", "--json", check=False).json()["alarms"][0]["number"]
        proof = s.agent("A", "alarms", "--export", number).out
        self.assertTrue(proof)
        s.agent("thief", "enrol", slip)
        programs.wait_until(lambda: len(self.texts("A")) > 1, 30, "and of the machine that used it")
        self.assertIn("replaced by a newer one", self.texts("A")[1])
        agent.stop()
        s.services.remove(agent)
        self.assertEqual(self.texts("B"), [])
        self.assertEqual(self.texts("thief"), [])  # the slip it used is what it began itself
        s.enrol("A")
        self.assertTrue(any("another machine was this unit's" in text for text in self.texts("A")))
        s.broker("log", "verify")

    def told(self, name):
        """Alarms of the office or an auditor; each told once, whatever is read again."""
        made = programs.run("office", "alarms", "--json", data=self.stage.data(name), check=False)
        texts = [one["text"] for one in made.json()["alarms"]]
        self.assertEqual(len(texts), len(set(texts)))
        return texts

    def test_the_office_and_an_auditor_hear_of_it_as_units_do(self):
        s = self.stage
        slip = s.office("invite", "T1", "--role", "auditor", "--json").json()["slip"]
        programs.run("office", "init", slip, data=s.data("auditor"))
        auditor = s.serve("office", name="auditor")
        self.assertEqual((self.told("auditor"), self.told("office")), ([], []))
        index = s.log_size()
        s.office("invite", "T1", "--role", "auditor")
        programs.wait_until(lambda: self.told("auditor"), 10, "the auditor hears of the slip")
        self.assertIn("another machine of this unit was given out", self.told("auditor")[0])
        self.assertIn(f"(entry {index} of the log)", self.told("auditor")[0])
        self.assertIn("tell the office", self.told("auditor")[0])
        self.assertEqual(self.told("office"), [])
        s.broker("invite", "office")
        programs.wait_until(lambda: self.told("office"), 10, "the office hears of the slip")
        self.assertIn("tell the people who run the broker", self.told("office")[0])
        self.assertTrue(s.office("alarms", "--export", 1).out)
        # The state made anew reads the log from its beginning: what was told is not told again.
        s.office("alarms", "--read", "all")
        self.restart_anew("office", s.services[1])
        self.assertEqual(len(self.told("office")), 1)
        self.assertEqual(s.office("status", "--json").json()["alarms"], [])
        # Its own rotation is its own.
        auditor.stop()
        s.services.remove(auditor)
        programs.run("office", "rotate", data=s.data("auditor"))
        self.assertEqual(len(self.told("auditor")), 1)

    def restart_anew(self, name, service):
        """Without its state: it reads the whole log again."""
        s = self.stage
        service.stop()
        s.services.remove(service)
        shutil.rmtree(s.data(name) / "state")
        s.services.insert(1, s.serve("office", name=name))
        s.services.pop()
        size = s.log_size()
        programs.wait_until(
            lambda: s.office("status", "--json").json()["applied"] >= size, 30, "it has read the log"
        )


class Kill(RotateTest):
    """A rotation that is killed goes on with the same bytes."""

    COUNT = max(6, CYCLES // 4)
    broker = ("--rate-max", 0)  # more rotations than a unit has

    def pending(self):
        """The keys that are on their way; None when the rotation is done or not begun."""
        new = self.stage.data("A") / "identity.new"
        if not new.exists():
            return None
        made = json.loads(new.read_bytes())
        now = json.loads((self.stage.data("A") / "identity").read_bytes())
        return made if made["epoch"] == now["epoch"] + 1 else None

    def test_kill(self):
        s = self.stage
        s.enrol("A")
        rng = random.Random(stage.seed())
        epochs = 1
        for number in range(self.COUNT):
            self.report("A", f"{number % 5}.{number % 7}1")
            pending = None
            for _ in range(3):
                victim = subprocess.Popen(
                    [programs.bin_folder() / "nganam-agent", "rotate", "--data", s.data("A")],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                time.sleep(rng.uniform(0, 0.06))
                victim.kill()
                victim.communicate()
                found = self.pending()
                if pending and found:
                    self.assertEqual(found, pending, "the same keys, whatever happens")
                pending = found
            made = s.agent("A", "rotate", "--json").json()
            self.assertEqual(made["earlier_lost"], 0)
            self.assertGreater(made["epoch"], epochs)
            epochs = made["epoch"]
        s.agent("A", "send")
        rotated = self.kinds("A").count("rotate")
        self.assertEqual(rotated, epochs - 1)
        self.assertEqual(self.kinds("A").count("report"), self.COUNT)
        s.office_caught_up()
        self.assertEqual(self.party("A")["epoch"], epochs)
        self.assertEqual(s.agent("A", "alarms", "--json", check=False).json()["alarms"], [])
        s.broker("log", "verify")
        print(f"{3 * self.COUNT} kills, {rotated} rotations", flush=True)


if __name__ == "__main__":
    stage.main()
