"""Goal: keys over time, with the programs and a client of our own: a stolen machine says nothing more
within a second, a cloned one is found out and let go on, an enrolment waits for the persons whom the
policy asks for, an auditor has his slip.
Method: each class has a town of its own; what the programs say and what the log holds is compared.
Connections that must be open while something happens are client.py's, which checks every head and proof.
"""
import re
import shutil
import time

import client
import stage
from stage import DONE, NO, YEAR, programs

REVOKED, UNCONFIRMED, FROZEN = 20, 24, 21
ERROR_REVOKED = 9


class KeysTest(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward", "B,Phường B,ward", "C,Phường C,ward", "D,Phường D,ward")
        s.criteria(stage.SMALL_SET)

    def line(self, unit):
        """A client of this unit, enrolled and connected."""
        slip = self.stage.office("invite", unit, "--json").json()["slip"]
        made = client.Client(client.Slip(slip), timeout_ms=5000)
        self.addCleanup(lambda: made.socket.close(0))
        made.enrol()
        return made

    def party(self, code):
        """As the office knows it once it has read the whole log."""
        size = self.stage.log_size()
        programs.wait_until(
            lambda: self.stage.office("status", "--json").json()["applied"] >= size,
            30,
            "the office follows the log",
        )
        table = self.stage.office("parties", "--json").json()["parties"]
        return next(row for row in table if row["party"] == code)

    def report(self, unit, value, **options):
        self.stage.agent(unit, "report", "--year", YEAR, "1.1", f"value={value}")
        return self.stage.agent(unit, "send", **options)


class Revoke(KeysTest):
    def test_an_open_connection_ends_within_a_second(self):
        s = self.stage
        thief, other = self.line("A"), self.line("B")
        thief.fetch()
        parked = thief.send(
            fetch=client.queue.Fetch(
                scope=client.queue.INBOX, from_index=thief.next_index, wait_ms=60000
            )
        )
        # Until the command is done its statement is in the log and answered; so the clock starts
        # when it does, and a broker that looked only now and then would be late.
        answer = s.office("revoke", "A", "--reason", "máy bị lấy trộm", "--json").json()
        self.assertEqual((answer["party"], answer["epoch"]), ("A", 1))
        began = time.monotonic()
        parked_answer = thief.receive()
        self.assertEqual(parked_answer.id, parked)
        self.assertEqual(parked_answer.error.code, ERROR_REVOKED)
        for body in (
            {"submit": self.submit_of(thief)},
            {"hello": client.queue.Hello(protocol=1)},
            {"fetch": client.queue.Fetch(scope=client.queue.INBOX)},
        ):
            with self.assertRaisesRegex(RuntimeError, "error (9|2)"):
                thief.ask(**body)
        self.assertLess(time.monotonic() - began, 1.0)
        # No other road either: its statement on another's line, and no new line.
        with self.assertRaisesRegex(RuntimeError, f"refused {REVOKED}:"):
            other.submit(*thief.author(16, b""))
        thief.timeout_ms = 1500
        with self.assertRaises(client.zmq.ZMQError):
            thief.connect(thief.curve)
        self.assertEqual(self.party("A")["state"], "revoked")
        self.refused(s.office("revoke", "A", "--reason", "x", check=False), NO, "already")
        # The log says why, for ever; a new slip is a new key.
        shown = s.broker("log", "show", answer["index"], "--json").json()
        self.assertEqual(shown["kind_name"], "revoke")
        self.assertIn("máy bị lấy trộm", str(shown))
        fresh = self.line("A")
        fresh.submit(*fresh.author(16, b""))
        self.assertEqual(self.party("A")["state"], "active")

    @staticmethod
    def submit_of(who):
        statement, signature = who.author(16, b"")
        signed = client.queue.Signed(statement=statement, signature=signature)
        return client.queue.Submit(statements=[signed])

    def test_the_agent_of_a_revoked_unit_says_so(self):
        s = self.stage
        s.enrol("C")
        self.report("C", 1)
        agent = s.serve("agent", name="C")
        s.office("revoke", "C", "--reason", "thay máy")
        s.agent("C", "report", "--year", YEAR, "1.1", "value=2", check=False)
        # On a line that was open it is told the cause; before the first it finds the door shut.
        programs.wait_until(
            lambda: re.search("revoked|does not admit", s.agent("C", "status").out),
            30,
            "the agent's alarm names the cause",
        )
        agent.stop()
        s.services.remove(agent)
        s.enrol("C")
        self.report("C", 3)

    def test_unknown_and_unenrolled_parties_are_told(self):
        s = self.stage
        self.refused(s.office("revoke", "Z", "--reason", "x", check=False), stage.USAGE, "invited")
        s.office("invite", "D")
        self.refused(s.office("revoke", "D", "--reason", "x", check=False), NO, "enrolled")
        self.refused(s.office("revoke", "office", "--reason", "x", check=False), NO, "broker")
        self.refused(
            s.office("revoke", "B", "--reason", "a\nb", check=False), stage.USAGE, "--reason"
        )


class Operator(KeysTest):
    def test_the_office_machine_is_revoked_beside_the_running_broker_and_comes_back(self):
        s = self.stage
        s.enrol("A")
        made = s.broker("revoke", "office", "--reason", "máy Phòng Nội vụ bị mất", "--json").json()
        self.assertEqual((made["party"], made["epoch"]), ("office", 1))
        programs.wait_until(
            lambda: "revoked" in s.office("status").out, 30, "the office's alarm names the cause"
        )
        size = s.log_size()
        self.assertNotEqual(s.office("invite", "B", "--timeout", 3, check=False).status, DONE)
        self.assertEqual(s.log_size(), size)
        office = s.services[1]
        office.stop()
        s.services.remove(office)
        slip = s.broker("invite", "office", "--json").json()["slip"]
        s.office("init", slip)
        s.serve("office")
        self.assertEqual((self.party("office")["epoch"], self.party("office")["state"]), (2, "active"))
        s.enrol("B")
        self.report("B", 2)
        self.refused(s.broker("invite", "nobody", check=False), stage.USAGE, "nobody")
        size = s.log_size()
        self.refused(s.broker("invite", "A", check=False), NO, "nganam-office invite A")
        self.assertEqual(s.log_size(), size)
        # And while no broker runs.
        for service in reversed(s.services):
            service.stop()
        s.services.clear()
        s.broker("revoke", "A", "--reason", "x")
        s.broker("log", "verify")
        s.serve("broker")
        s.serve("office")
        programs.wait_until(
            lambda: self.party("A")["state"] == "revoked", 30, "the office reads what the log said"
        )


class Clone(KeysTest):
    def test_a_cloned_machine_is_frozen_and_the_right_one_goes_on(self):
        s = self.stage
        s.enrol("A")
        self.report("A", 1)
        shutil.copytree(s.data("A"), s.data("copy"), ignore=shutil.ignore_patterns("wake"))
        self.report("A", 2)
        copy = self.report("copy", 3, check=False)
        self.assertNotEqual(copy.status, DONE)
        self.assertEqual(self.party("A")["state"], "frozen")
        alarms = s.agent("copy", "status").out
        self.assertIn("office", alarms)  # it says whom to ask
        shutil.rmtree(s.data("copy"))
        answer = self.report("A", 4, check=False)
        self.assertNotEqual(answer.status, DONE)
        self.assertIn("unfreeze", answer.err)
        agent = s.serve("agent", name="A")
        s.office("unfreeze", "A")
        self.assertEqual(self.party("A")["state"], "active")
        # What waited goes by itself: the word is in the unit's inbox.
        programs.wait_until(
            lambda: s.agent("A", "status", "--json").json()["outbox"] == 0, 10, "it is sent by itself"
        )
        agent.stop()
        s.services.remove(agent)
        self.report("A", 5)
        self.refused(s.office("unfreeze", "A", check=False), NO, "not frozen")


class Confirm(KeysTest):
    def test_a_confirm_policy_holds_an_enrolment_until_a_person_signs(self):
        s = self.stage
        s.office("actor", "add", "an", "--role", "admin")
        s.office("actor", "add", "binh", "--role", "appraiser")
        s.office("policy", "enrolment", "confirm")
        slip = s.office("invite", "A", "--json").json()["slip"]
        enrolled = s.agent("A", "enrol", slip, "--json").json()
        digits = enrolled["confirmation"]["digits"]
        self.assertRegex(digits, r"^\d{5} \d{5} \d{5} \d{5}$")
        # The office's own machine does not show them: they are asked for.
        self.assertNotIn("digits", self.party("A"))
        shown = s.office("parties", "--lang", "en").out + s.office("parties", "--json").out
        self.assertIn("confirm A --digits", shown)
        for group in digits.split():
            self.assertNotRegex(shown, rf"(?<!\d){group}(?!\d)")
        self.assertEqual(self.party("A")["state"], "unconfirmed")
        self.assertIn(digits, s.agent("A", "status").out)
        answer = self.report("A", 1, check=False)
        self.assertEqual(answer.status, NO, str(answer))
        self.assertIn("confirmed", answer.err)
        agent = s.serve("agent", name="A")
        wrong = digits[:-1] + str((int(digits[-1]) + 1) % 10)
        confirm = ("confirm", "A", "--digits")
        refused = lambda *words: s.office(*confirm, *words, check=False)  # noqa: E731
        self.refused(refused(wrong, "--actor", "an"), NO, "revoke A")
        self.refused(refused(digits, "--actor", "binh"), NO, "admin")
        self.refused(refused(digits, "--actor", "chi"), stage.USAGE, "--key")
        # Without the person's key the office confirms nothing; with another's neither.
        key = s.data("office") / "actors" / "an.key"
        key.rename(s.folder / "an.key")
        self.refused(refused(digits, "--actor", "an"), stage.USAGE, "--key")
        other = s.data("office") / "actors" / "binh.key"
        self.refused(refused(digits, "--actor", "an", "--key", other), NO, "key")
        self.assertEqual(self.party("A")["state"], "unconfirmed")
        made = s.office(
            *confirm, digits.replace(" ", ""), "--actor", "an", "--key", s.folder / "an.key", "--json"
        ).json()
        self.assertTrue(made["confirmed"])
        # What waited goes by itself, without the back-off's minutes.
        programs.wait_until(
            lambda: s.agent("A", "status", "--json").json()["outbox"] == 0, 10, "it is sent by itself"
        )
        agent.stop()
        s.services.remove(agent)
        self.assertIsNone(s.agent("A", "status", "--json").json()["confirmation"])
        self.refused(refused(digits, "--actor", "an", "--key", s.folder / "an.key"), NO, "needs no")
        s.office("policy", "enrolment", "code")
        s.enrol("B")
        self.report("B", 1)

    def test_a_group_and_others_may_not_read_the_key_file(self):
        s = self.stage
        s.office("actor", "add", "giang", "--role", "admin")
        key = s.data("office") / "actors" / "giang.key"
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        self.refused(s.office("actor", "add", "giang", "--role", "admin", check=False), NO, "end")
        s.office("actor", "end", "giang")
        listed = s.office("actor", "list", "--json").json()["actors"]
        self.assertIn({"id": "giang", "role": "admin", "ended": True}, listed)


class TwoPerson(KeysTest):
    def test_two_persons_are_needed_and_one_twice_is_one(self):
        s = self.stage
        s.office("actor", "add", "an", "--role", "admin")
        s.office("actor", "add", "chi", "--role", "admin")
        s.office("policy", "enrolment", "two-person")
        line = self.line("A")
        with self.assertRaisesRegex(RuntimeError, f"refused {UNCONFIRMED}:"):
            line.submit(*line.author(16, b""))
        line.seq, line.prev = 1, line.enrolment
        digits = line.digits()
        self.assertEqual(self.party("A")["state"], "unconfirmed")
        confirm = ("confirm", "A", "--digits", digits, "--actor")
        self.assertFalse(s.office(*confirm, "an", "--json").json()["confirmed"])
        self.refused(s.office(*confirm, "an", check=False), NO, "another person")
        self.assertEqual(self.party("A")["state"], "unconfirmed")
        self.assertTrue(s.office(*confirm, "chi", "--json").json()["confirmed"])
        line.submit(*line.author(16, b""))
        s.broker("log", "verify")


class Auditor(KeysTest):
    def test_an_auditor_has_a_slip_reads_everything_and_writes_nothing(self):
        s = self.stage
        self.refused(s.office("invite", "T1", check=False), NO, "units import")
        self.refused(s.office("invite", "A", "--role", "auditor", check=False), NO, "unit")
        self.refused(s.office("invite", "T1", "--role", "office", check=False), stage.USAGE, "--role")
        slip = s.office("invite", "T1", "--role", "auditor", "--json").json()["slip"]
        programs.run("office", "init", slip, data=s.data("T1"))
        status = programs.run("office", "status", "--json", data=s.data("T1")).json()
        self.assertEqual((status["role"], status["unit"]), ("auditor", "T1"))
        refused = programs.run(
            "office", "revoke", "A", "--reason", "x", data=s.data("T1"), check=False
        )
        self.refused(refused, NO, "only the office")
        self.assertEqual(self.party("T1")["role"], "auditor")

    def test_an_auditor_that_waits_for_its_confirmation_is_told_so(self):
        s = self.stage
        s.office("actor", "add", "an", "--role", "admin")
        s.office("policy", "enrolment", "confirm")
        slip = s.office("invite", "T2", "--role", "auditor", "--json").json()["slip"]
        run = lambda *words, **more: programs.run("office", *words, data=s.data("T2"), **more)  # noqa: E731
        began = time.monotonic()
        made = run("init", slip)
        self.assertLess(time.monotonic() - began, 30)
        self.assertNotIn("uplink_nonsense", made.err)
        waits = run("status", "--json").json()["confirmation"]
        self.assertEqual(waits["missing"], 1)
        self.assertIn(waits["digits"], made.out)
        self.assertIn(waits["digits"], run("status").out)
        again = run("init", slip, "--json").json()
        self.assertEqual((again["confirmation"], again["role"]), (waits, None))
        self.assertEqual(self.party("T2")["state"], "unconfirmed")
        s.office("confirm", "T2", "--digits", waits["digits"], "--actor", "an")
        again = run("init", slip, "--json").json()
        self.assertEqual((again["confirmation"], again["role"]), (None, "auditor"))
        status = run("status", "--json").json()
        self.assertEqual((status["confirmation"], status["role"]), (None, "auditor"))
        s.office("policy", "enrolment", "code")


if __name__ == "__main__":
    stage.main()
