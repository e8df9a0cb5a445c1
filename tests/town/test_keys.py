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
        s.office("actor", "add", "binh", "--role", "appraiser", "--actor", "an")
        s.office("policy", "enrolment", "confirm", "--actor", "an")
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
        self.refused(refused(digits, "--actor", "chi"), stage.USAGE, "key file lies")
        # Without the person's key the office confirms nothing; with another's neither.
        key = s.data("office") / "actors" / "an.key"
        key.rename(s.folder / "an.key")
        self.refused(refused(digits, "--actor", "an"), stage.USAGE, "key file lies")
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
        s.office("policy", "enrolment", "code", "--actor", "an", "--actor-key", s.folder / "an.key")
        s.enrol("B")
        self.report("B", 1)

    def test_the_key_file_is_the_persons(self):
        """Its mode; and a key of which the office never sees more than the public line."""
        s = self.stage
        by = ("--actor", "an")
        if not (s.data("office") / "actors" / "an.key").exists():
            by += ("--actor-key", s.folder / "an.key")
        if not any(one["id"] == "an" for one in s.office("actor", "list", "--json").json()["actors"]):
            s.office("actor", "add", "an", "--role", "admin")
        s.office("actor", "add", "giang", "--role", "admin", *by)
        key = s.data("office") / "actors" / "giang.key"
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        self.refused(s.office("actor", "add", "giang", "--role", "admin", check=False), NO, "end")
        s.office("actor", "end", "giang", *by)
        row = next(
            one for one in s.office("actor", "list", "--json").json()["actors"] if one["id"] == "giang"
        )
        self.assertEqual((row["role"], row["ended"], row["word"]), ("admin", True, "admins"))
        # Made on a machine of the person's own.
        stick = s.folder / "stick.key"
        line = programs.run("office", "actor", "key", "hoa", "--key", stick, "--json").json()["public"]
        self.assertEqual(stick.stat().st_mode & 0o777, 0o600)
        add = lambda *words, **more: s.office("actor", "add", *words, "--role", "admin", *by, **more)  # noqa: E731
        self.refused(add("lien", "--public", line, check=False), stage.USAGE, "actor key")
        self.refused(add("hoa", "--public", line[:-3] + "AA=", check=False), stage.USAGE, "actor key")
        self.refused(add("hoa", "--public", line, "--lock", check=False), stage.USAGE, "elsewhere")
        self.assertIsNone(add("hoa", "--public", line, "--json").json()["key_file"])
        self.assertFalse((s.data("office") / "actors" / "hoa.key").exists())
        s.office("actor", "add", "lien", "--role", "appraiser", "--actor", "hoa", "--actor-key", stick)


class TwoPerson(KeysTest):
    def test_two_persons_are_needed_and_one_twice_is_one(self):
        s = self.stage
        s.office("actor", "add", "an", "--role", "admin")
        self.refused(s.office("policy", "enrolment", "two-person", check=False), NO, "two admins")
        s.office("actor", "add", "chi", "--role", "admin", "--actor", "an")
        s.office("policy", "enrolment", "two-person", "--actor", "an")
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


class Admins(KeysTest):
    """Of persons with keys of their own, and an auditor who reads."""

    def read_by_auditor(self):
        s = self.stage
        slip = s.office("invite", "T1", "--role", "auditor", "--json").json()["slip"]
        programs.run("office", "init", slip, data=s.data("T1"))
        s.serve("office", name="T1")

    def auditor(self, *words):
        return programs.run("office", *words, data=self.stage.data("T1"))

    def told(self, name):
        alarms = programs.run("office", "alarms", "--json", data=self.stage.data(name)).json()["alarms"]
        return [one["text"] for one in alarms]

    def persons(self):
        """As the auditor has them, once he has read the whole log."""
        size = self.stage.log_size()
        programs.wait_until(
            lambda: self.auditor("status", "--json").json()["applied"] >= size, 30, "the auditor follows"
        )
        return {one["id"]: one for one in self.auditor("actor", "list", "--json").json()["actors"]}

    def stick(self, id):
        """A key of the person's own, and its public line."""
        path = self.stage.folder / f"{id}.key"
        return path, programs.run("office", "actor", "key", id, "--key", path, "--json").json()["public"]


class NewKey(Admins):
    def test_admins_give_a_living_person_another_key(self):
        s = self.stage
        (_, an), (_, binh) = self.stick("an"), self.stick("binh")
        by = ("--actor", "an", "--actor-key", s.folder / "an.key")
        s.office("actor", "add", "an", "--role", "admin", "--public", an)
        s.office("actor", "add", "binh", "--role", "admin", "--public", binh, *by)
        (s.folder / "binh.key").rename(s.folder / "lost.key")
        _, fresh = self.stick("binh")
        size = s.log_size()
        self.refused(
            s.office("actor", "add", "binh", "--role", "admin", "--public", fresh, check=False), NO, "--actor"
        )
        self.assertEqual(s.log_size(), size)
        s.office("actor", "add", "binh", "--role", "admin", "--public", fresh, *by)
        policy = ("policy", "enrolment", "confirm", "--actor", "binh", "--actor-key")
        self.refused(s.office(*policy, s.folder / "lost.key", check=False), NO, "not the key")
        s.office(*policy, s.folder / "binh.key")
        # The last admins are not ended: nobody could sign for another any more.
        s.office("actor", "end", "binh", *by)
        self.refused(s.office("actor", "end", "an", *by, check=False), NO, "too few admins")


class Guarded(Admins):
    def test_the_offices_machine_alone_changes_no_person_and_no_policy(self):
        s = self.stage
        (_, an), (_, binh) = self.stick("an"), self.stick("binh")
        by = ("--actor", "an", "--actor-key", s.folder / "an.key")
        s.office("actor", "add", "an", "--role", "admin", "--public", an)
        s.office("actor", "add", "binh", "--role", "admin", "--public", binh, *by)
        self.read_by_auditor()
        s.office("policy", "enrolment", "two-person", *by)
        before = self.persons()
        self.assertEqual({id: one["word"] for id, one in before.items()}, {"an": "office", "binh": "admins"})
        self.assertEqual(self.told("T1"), [])
        # The program says it beforehand, and one of two is not enough.
        size = s.log_size()
        for words in (
            ("actor", "add", "me", "--role", "admin"),
            ("actor", "end", "an"),
            ("policy", "enrolment", "code"),
        ):
            self.refused(s.office(*words, check=False), NO, "--actor ID")
            self.refused(s.office(*words, *by, check=False), NO, "two admins")
        self.assertEqual(s.log_size(), size)
        self.assertFalse((s.data("office") / "actors" / "me.key").exists())
        # Who has the machine writes what he likes: here with a key of the office's that is his own.
        thief = client.Client(client.Slip(s.broker("invite", "office", "--json").json()["slip"]))
        self.addCleanup(lambda: thief.socket.close(0))
        thief.enrol()
        made = client.nacl.signing.SigningKey.generate()
        key = bytes(made.verify_key)
        at = {id: one["index"] for id, one in before.items()}
        rules = next(i for i in range(size - 1, 0, -1) if s.broker("log", "show", i, "--json").json()["kind"] == 8)
        queue = client.queue
        tries = [
            (10, queue.Actor(id="me", role=queue.ADMIN, key=key), ""),
            (10, queue.Actor(id="an", role=queue.ADMIN, key=key, after=at["an"]), ""),
            (10, queue.Actor(id="binh", role=queue.ADMIN, ended=True, after=at["binh"]), ""),
            (8, queue.Policy(enrolment=queue.CODE, after=rules), "*"),
        ]
        for kind, said, to in tries:
            for forged in (False, True):
                if forged:  # in their names, by a key that is not theirs
                    covered = b"nganam/admin/001" + thief.log_id + kind.to_bytes(4, "big")
                    signature = made.sign(covered + said.SerializeToString()).signature
                    for name in ("an", "binh"):
                        said.signatures.add(actor=name, signature=signature)
                thief.submit(*thief.author(kind, said.SerializeToString(), to))
                self.assertEqual(self.persons(), before)
                self.assertEqual(self.auditor("parties", "--json").json()["enrolment"], "two-person")
                told = [text for text in self.told("T1") if "without the admins" in text]
                self.assertEqual(len(told), 1, self.told("T1"))  # one for all tries
        s.broker("log", "verify")


class WayBack(Admins):
    def test_the_operator_gives_admins_new_keys_and_everybody_hears_of_it(self):
        s = self.stage
        s.office("actor", "add", "an", "--role", "admin")
        self.read_by_auditor()
        lost = s.data("office") / "actors" / "an.key"
        lost.unlink()
        add = ("actor", "add", "binh", "--role", "admin")
        self.refused(s.office(*add, check=False), NO, "--actor ID")
        self.refused(s.office(*add, "--actor", "an", check=False), stage.USAGE, "key file lies")
        key, line = self.stick("an")
        give = lambda *words, **more: s.broker("actor", *words, **more)  # noqa: E731
        size = s.log_size()
        self.refused(give("an", "--role", "admin", check=False), stage.USAGE, "--key")
        self.refused(give("an", "--key", line, check=False), stage.USAGE, "--role")
        self.refused(give("binh", "--role", "admin", "--key", line, check=False), stage.USAGE, "binh")
        self.refused(give("an", "--end", "--role", "admin", check=False), stage.USAGE, "--end")
        self.refused(give("binh", "--end", check=False), NO, "no person")
        self.refused(give("a b", "--end", check=False), stage.USAGE, "letters")
        self.assertEqual(s.log_size(), size)
        made = give("an", "--role", "admin", "--key", line, "--json").json()
        self.assertEqual((made["id"], made["ended"], made["index"]), ("an", False, size))
        self.assertEqual(self.persons()["an"]["word"], "operator")
        programs.wait_until(
            lambda: s.office("status", "--json").json()["applied"] > size, 30, "the office follows"
        )
        for name in ("T1", "office"):
            told = [text for text in self.told(name) if f"(entry {size} of the log)" in text]
            self.assertEqual(len(told), 1, self.told(name))
            self.assertIn("past its admins", told[0])
        by = ("--actor", "an", "--actor-key", key)
        s.office(*add, *by)
        self.assertEqual(len(self.told("office")), 1)
        # And while no broker runs.
        for service in reversed(s.services):
            service.stop()
        s.services.clear()
        ended = give("an", "--end", "--json").json()
        self.assertTrue(ended["ended"])
        s.broker("log", "verify")
        s.serve("broker")
        s.serve("office")
        s.serve("office", name="T1")
        self.assertTrue(self.persons()["an"]["ended"])
        self.assertEqual(len(self.told("T1")), 2)
        self.assertEqual(len(s.office("status", "--json").json()["alarms"]), 2)  # until they are read
        s.office("alarms", "--read", "all")
        self.refused(s.office("actor", "add", "chi", "--role", "admin", *by, check=False), NO, "no person")


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
        s.office("policy", "enrolment", "confirm", "--actor", "an")
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
        s.office("policy", "enrolment", "code", "--actor", "an")


if __name__ == "__main__":
    stage.main()
