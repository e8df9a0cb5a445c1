"""Goal: the persons of the office sign what it says of points, each with his own key; who signed is shown
wherever it counts, on the office's machine and an auditor's; and without a person's key nothing of his is
to be had, not even by whoever has the office's machine.
Method: the real programs. Each signature is checked anew, from proto/PROTOCOL.md alone. The thief of the
office's machine is client.py with the keys of its folder.
"""
import base64
import json
import struct

import nacl.signing

import client
import par_messages
import stage
from stage import DONE, NO, USAGE, YEAR, programs

TASKS = "code,year,unit,name,area,partners,due,weight,product,source\n"
SURVEY = 19
WARNING = "no person has signed this"


class ActorTest(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward", "B,Phường B,ward")
        s.criteria(stage.SMALL_SET)
        s.office("tasks", "import", s.write("t.csv", TASKS + f"T1,{YEAR},A,x,a,,event:HOP+20d,,,\n"))

    def survey(self, value, *arguments, unit="A", **options):
        """Imports a value of a unit."""
        path = self.stage.write("survey.csv", f"unit,code,value\n{unit},2.3,{value}\n")
        return self.stage.office(
            "survey", "import", path, "--year", YEAR, "--group", "ward", *arguments, **options
        )

    def from_json(self, program, index, **options):
        """log show N of a program's folder."""
        return programs.run(
            "office", "log", "show", index, "--json", data=self.stage.data(program), **options
        ).json()

    def explained(self, name, unit="A"):
        """Of a folder: where the survey value comes from, and the event of the task."""
        told = programs.run(
            "office", "explain", unit, "--year", YEAR, "--json", data=self.stage.data(name)
        ).json()
        row = next(row for row in told["components"] if row["code"] == "2.3")
        return row["from"], [task["event"] for task in told["tasks"]]

    def key(self, actor):
        """The person's public key, as the log has it."""
        found = None
        for entry in self.stage.broker("log", "list", "--kind", "actor", "--json").json()["entries"]:
            content = self.stage.broker("log", "show", entry["index"], "--json").json()["content"]
            if content["id"] == actor and "key" in content:
                found = base64.b64decode(content["key"])
        return found

    def holds(self, index, actor):
        """PROTOCOL.md, section 8."""
        shown = self.stage.broker("log", "show", index, "--json").json()
        payload = base64.b64decode(shown["payload"])
        name = actor.encode()
        tail = bytes([0x22, len(name) + 68, 0x0A, len(name)]) + name + b"\x12\x40"
        self.assertEqual(payload[-64 - len(tail) : -64], tail)
        covered = b"nganam/acts/0001" + client.sha256(stage.ORIGIN.encode())[:16]
        covered += struct.pack(">16sIQI", shown["author"].encode(), shown["epoch"], shown["seq"], shown["kind"])
        covered += struct.pack(">16s", shown["to"].encode()) + payload[:-64]
        return client.Client.holds(self.key(actor), covered, payload[-64:])


class Signed(ActorTest):
    def test_what_a_person_signs_bears_his_name_at_the_office_and_the_auditor(self):
        s = self.stage
        # Before the office has persons it says nothing of them.
        answer = self.survey("1")
        self.assertEqual((answer.err, s.office("event", "X", f"01/01/{YEAR}").err), ("", ""))
        self.assertNotIn("signed", answer.out)
        s.office("actor", "add", "an", "--role", "appraiser")
        s.office("actor", "add", "binh", "--role", "admin")
        unsigned = self.survey("1.5", "--json")
        self.assertIn(WARNING, unsigned.err)
        self.assertIsNone(unsigned.json()["actor"])
        self.assertIn(WARNING, s.office("event", "X", f"02/01/{YEAR}").err)
        self.assertNotIn("actor", self.from_json("office", unsigned.json()["index"]))
        self.assertIsNone(self.explained("office")[0]["actor"])
        self.assertNotIn("signed", s.office("explain", "A", "--year", YEAR).out)
        self.assertEqual(self.survey("1.5").err, "")  # nothing is written, so nothing is lacking

        survey = self.survey("2.5", "--actor", "an", "--json")
        self.assertEqual((survey.err, survey.json()["actor"]), ("", "an"))
        event = s.office("event", "HOP", f"01/03/{YEAR}", "--actor", "an", "--json").json()
        self.assertEqual(event["actor"], "an")
        units = s.write("u.csv", "code,name,group,parent,valid_from,valid_to\nC,Phường C,ward,,,\n")
        answer = s.office("units", "import", units, "--actor", "binh", "--json").json()
        self.assertEqual(answer["actor"], "binh")
        s.office("tasks", "import", s.write("t2.csv", TASKS + f"T2,{YEAR},B,x,a,,continuous,,,\n"), "--actor", "an")
        # A unit takes it as any other: the count of what goes to everyone stands before the signature.
        s.enrol("B")
        s.agent("B", "task", "T2", "--percent", 40)
        s.agent("B", "send")
        self.assertEqual(s.agent("B", "alarms", "--json", check=False).json()["alarms"], [])
        # Said again: by the same person nothing, by another his name too, unsigned nothing.
        self.assertIn("nothing was signed", self.survey("2.5", "--actor", "an").out)
        again = self.survey("2.5", "--actor", "binh", "--json").json()
        self.assertEqual((again["changed"], again["actor"]), (1, "binh"))
        self.assertEqual(self.survey("2.5", "--json").json()["changed"], 0)
        self.assertIn("Signed by an", self.survey("2.5", "--actor", "an").out)
        survey = self.survey("2.5", "--actor", "binh", "--json").json()
        survey = self.survey("2.5", "--actor", "an", "--json").json()
        event = s.office("event", "HOP", f"01/03/{YEAR}", "--actor", "binh", "--json").json()
        self.assertTrue(event["changed"])
        self.assertFalse(s.office("event", "HOP", f"01/03/{YEAR}", "--json").json()["changed"])
        event = s.office("event", "HOP", f"01/03/{YEAR}", "--actor", "an", "--json").json()

        slip = s.office("invite", "T1", "--role", "auditor", "--json").json()["slip"]
        programs.run("office", "init", slip, data=s.data("T1"))
        s.serve("office", name="T1")
        size = s.log_size()
        for name in ("office", "T1"):
            run = lambda *words: programs.run("office", *words, data=s.data(name))  # noqa: E731,B023
            programs.wait_until(
                lambda: run("status", "--json").json()["applied"] >= size, 30, "it follows the log"
            )
            source, events = self.explained(name)
            self.assertEqual((source["index"], source["actor"]), (survey["index"], "an"))
            self.assertEqual(events, [{"day": f"{YEAR}-03-01", "index": event["index"], "actor": "an"}])
            told = run("explain", "A", "--year", YEAR).out
            self.assertEqual(" ".join(told.split()).count("signed by an"), 2, told)
            for index, actor, role in (
                (survey["index"], "an", "appraiser"),
                (event["index"], "an", "appraiser"),
                (answer["index"], "binh", "admin"),
            ):
                shown = self.from_json(name, index)
                self.assertEqual(shown["actor"], actor)
                self.assertEqual(shown["signed_by"], {"id": actor, "role": role})
                self.assertRegex(run("log", "show", index).out, rf"(?m)^signed by +{actor} \({role}\)$")
                self.assertTrue(self.holds(index, actor))
            listed = {row["index"]: row for row in run("log", "list", "--json").json()["entries"]}
            self.assertEqual(listed[survey["index"]]["actor"], "an")
            self.assertNotIn("actor", listed[unsigned.json()["index"]])
            self.assertEqual(run("rebuild", "--check").status, DONE)


class Refused(ActorTest):
    @classmethod
    def setUpStage(cls):
        super().setUpStage()
        s = cls.stage
        word = s.write("word", "câu của riêng binh\n")
        word.chmod(0o600)
        cls.word = {"NGANAM_ACTOR_PASSPHRASE_FILE": str(word)}
        s.office("actor", "add", "an", "--role", "appraiser")
        s.office("actor", "add", "chi", "--role", "appraiser")
        s.office("actor", "end", "chi")
        s.office("actor", "add", "binh", "--role", "admin", "--new", word)

    def test_a_command_writes_nothing_without_the_persons_key(self):
        s = self.stage
        keys = s.data("office") / "actors"
        size = s.log_size()
        for status, word, arguments, env in (
            (NO, "no person", ("--actor", "chi"), {}),
            (NO, "no person", ("--actor", "dung", "--key", keys / "an.key"), {}),
            (NO, "not the key", ("--actor", "an", "--key", keys / "chi.key"), {}),
            (USAGE, "key file lies", ("--actor", "an", "--key", s.folder / "none.key"), {}),
            (USAGE, "no key file", ("--actor", "an", "--key", s.data("office") / "identity"), {}),
            (NO, "person's passphrase", ("--actor", "binh"), {}),
            (USAGE, "--actor", ("--key", keys / "an.key"), {}),
            (USAGE, "letters", ("--actor", "a n"), {}),
        ):
            for answer in (
                self.survey("2", *arguments, env=env, check=False),
                s.office("event", "HOP", f"01/03/{YEAR}", *arguments, env=env, check=False),
            ):
                self.refused(answer, status, word)
        self.assertEqual(s.log_size(), size)
        self.assertEqual(self.survey("2", "--actor", "binh", "--json", env=self.word).json()["actor"], "binh")

    def thief(self):
        """A client with the office's own keys, that goes on where the office stands."""
        s = self.stage
        kept = json.loads((s.data("office") / "identity").read_text())
        made = client.Client(client.Slip(s.made["office_slip"]), timeout_ms=5000)
        made.sign = nacl.signing.SigningKey(base64.b64decode(kept["keys"]["sign"]))
        made.curve = base64.b64decode(kept["keys"]["curve"])
        self.addCleanup(lambda: made.socket.close(0))
        welcome = made.connect(made.curve)
        made.epoch, made.seq = welcome.epoch, welcome.high_water
        index = 0
        while index < made.size:
            entries = made.ask(fetch=client.queue.Fetch(scope=client.queue.LOG, from_index=index)).entries
            for entry in entries.entries:
                statement = entry.leaf[client.LEAF.size : -64]
                if client.STATEMENT.unpack(statement[:160])[2].rstrip(b"\0").decode() == made.slip.party:
                    made.prev = client.sha256(statement)
            index = entries.next_index
        return made

    def test_the_thief_of_the_offices_machine_signs_for_nobody(self):
        s = self.stage
        par = par_messages.load("par")
        true = self.survey("3", "--actor", "an", "--json", unit="B").json()["index"]
        counted = self.survey("1", "--actor", "an", "--json", unit="B").json()["index"]
        s.office_caught_up()
        stolen = base64.b64decode(s.broker("log", "show", true, "--json").json()["payload"])
        thief = self.thief()
        forged = par.Acts(acts=[par.Act(survey=par.Survey(year=YEAR, unit="B", code="2.3", value="2"))])
        changed = par.Acts.FromString(stolen)
        changed.acts[0].survey.value = "2"
        own = par.Acts(acts=forged.acts)
        own.actor.account, own.actor.signature = "an", bytes(64)
        covered = b"nganam/acts/0001" + thief.log_id
        covered += struct.pack(">16sIQI16s", thief.slip.party.encode(), thief.epoch, thief.seq + 3, SURVEY, b"")
        own.actor.signature = thief.sign.sign(covered + own.SerializeToString()[:-64]).signature
        for what, payload in (
            ("moved to another number", stolen),
            ("with another act", changed.SerializeToString()),
            ("signed by the machine's key", own.SerializeToString()),
        ):
            index = thief.submit(*thief.author(SURVEY, payload))
            s.office_caught_up()
            self.assertEqual(self.explained("office", "B")[0]["index"], counted, what)
            shown = self.from_json("office", index)
            self.assertEqual((shown["actor"], shown["signed_by"]), ("an", None), what)
            self.assertIn("nobody", s.office("log", "show", index).out)
            self.assertIn("verdict", str(shown["changes"]))
        # The same without a name is the office's word, and counts as that.
        index = thief.submit(*thief.author(SURVEY, forged.SerializeToString()))
        s.office_caught_up()
        source = self.explained("office", "B")[0]
        self.assertEqual((source["index"], source["actor"]), (index, None))


class Pending(ActorTest):
    def test_what_waits_for_the_broker_is_signed_where_it_will_stand(self):
        s = self.stage
        s.office("actor", "add", "an", "--role", "appraiser")
        for service in reversed(s.services):
            service.stop()
        s.services.clear()
        words = ("--actor", "an", "--timeout", 1)
        for answer in (
            self.survey("2", *words, check=False),
            s.office("event", "HOP", f"01/03/{YEAR}", *words, check=False),
            self.survey("3", *words, unit="B", check=False),
        ):
            self.assertEqual(answer.status, stage.PEER, str(answer))
        s.serve("broker")
        s.serve("office")
        programs.wait_until(
            lambda: s.office("status", "--json").json()["outbox"] == 0, 30, "the outbox is sent"
        )
        s.office_caught_up()
        self.assertEqual(self.explained("office")[0]["actor"], "an")
        self.assertEqual(self.explained("office")[1][0]["actor"], "an")
        self.assertEqual(self.explained("office", "B")[0]["actor"], "an")

    def test_each_part_of_an_import_is_signed(self):
        s = self.stage
        with_many = self.stage.data("many.csv")
        s.office("actor", "add", "binh", "--role", "appraiser")
        rows = "".join(f"N{n},Phường {n},ward,,,\n" for n in range(600))
        with_many.write_text("code,name,group,parent,valid_from,valid_to\n" + rows, "utf-8")
        first = s.log_size()
        s.office("units", "import", with_many, "--actor", "binh")
        entries = s.broker("log", "list", "--from", first, "--kind", "units", "--json").json()["entries"]
        self.assertGreater(len(entries), 2)
        for entry in entries:
            self.assertTrue(self.holds(entry["index"], "binh"))
            self.assertEqual(self.from_json("office", entry["index"])["signed_by"]["id"], "binh")
        self.assertEqual(s.office("explain", "N599", "--year", YEAR).status, DONE)


if __name__ == "__main__":
    stage.main()
