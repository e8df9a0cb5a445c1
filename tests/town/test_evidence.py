"""Goal: a file that proves something gets from a unit to the office whatever breaks off on the way, is
the file that was cited or is said not to be, is read by nobody else, and leads no program out of its
folder. Method: the real programs; files are changed, taken away and swapped on the disk, processes are
killed in the middle of an upload; a client written from PROTOCOL.md asks for what is not its own.
"""
import contextlib
import hashlib
import os
import random
import secrets
import time

import stage
from client import Client, Slip
from stage import NO, USAGE, YEAR, programs

CHUNK = 49152
SALT = 32
MALFORMED, FORBIDDEN, LARGE, TYPE, QUOTA, HASH, MISSING = 1, 4, 11, 12, 13, 14, 15  # PROTOCOL.md, errors
TASKS = (
    "code,year,unit,name,area,partners,due,weight,product,source\n"
    f"T1,{YEAR},A,Nhiệm vụ một,a,,continuous,,,\n"
    f"T1,{YEAR},B,Nhiệm vụ một,a,,continuous,,,\n"
)


def pdf(size, seed=1):
    return b"%PDF-1.7\n" + random.Random(seed).randbytes(size - 9)


class Evidence(stage.TownTest):
    quota = ()

    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.init_broker()
        cls.broker = s.serve("broker", *cls.quota)
        s.office("init", s.made["office_slip"])
        cls.office = s.serve("office")
        s.units("A,Phường A,ward", "B,Phường B,ward")
        s.criteria(stage.SMALL_SET)
        s.office("tasks", "import", s.write("tasks.csv", TASKS))
        s.enrol("A")

    # ---- what is where ----

    def file(self, name, content):
        folder = self.stage.folder / "papers"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_bytes(content)
        return path

    def task(self, unit, *files, percent=50, check=True):
        words = [word for file in files for word in ("--evidence", file)]
        return self.stage.agent(
            unit, "task", "T1", "--percent", percent, *words, "--json", check=check
        )

    def send(self, unit="A", check=True):
        return self.stage.agent(unit, "send", "--json", check=check)

    def waiting(self, unit="A"):
        return self.stage.agent(unit, "status", "--json").json()["evidence"]

    def cited(self, unit="A"):
        return self.stage.office("evidence", "list", "--unit", unit, "--json").json()["evidence"]

    def wait_state(self, name, state, unit="A", within=60):
        """Until the office shows the newest file of this name in this state; returns its entry."""
        found = {}

        def look():
            found.update({e["name"]: e for e in self.cited(unit)})
            return found.get(name, {}).get("state") == state

        programs.wait_until(look, within, f"{name} is {state}")
        return found[name]

    def shown(self, name, unit="A"):
        """As explain shows it: the entry in JSON, and all that a person reads."""
        s = self.stage
        document = s.office("explain", unit, "--year", YEAR, "--json").json()
        text = s.office("explain", unit, "--year", YEAR, "--lang", "en").out
        places = [c["said"]["evidence"] for c in document["components"] if c["said"]]
        places += [t["evidence"] for t in document["tasks"]]
        return [e for place in places for e in place if e["name"] == name][0], " ".join(text.split())

    def stored(self, who, entry):
        folder = "blobs" if who == "broker" else "evidence"
        return self.stage.data(who) / folder / entry["id"][:2] / entry["id"]


class Way(Evidence):
    """From the unit to the office and out again."""

    def test_a_file_arrives_and_is_the_one_that_was_cited(self):
        content = pdf(3 * CHUNK + 5, 11)
        self.task("A", self.file("biên bản.pdf", content), percent=10)
        self.assertEqual(self.waiting()["waiting"], 1)
        answer = self.send().json()
        self.assertEqual(answer["evidence"], {"sent": 1, "waiting": 0})
        self.assertEqual(self.waiting(), {"waiting": 0, "bytes": 0})
        entry = self.wait_state("biên bản.pdf", "there")
        self.assertEqual((entry["size"], entry["type"], entry["unit"]), (len(content), "pdf", "A"))
        for who in ("A", "broker", "office"):
            blob = self.stored(who, entry).read_bytes()[64:]
            self.assertEqual(blob[SALT:], content)
            self.assertEqual(hashlib.sha256(blob).hexdigest(), entry["id"])
        out = self.stage.folder / "out.pdf"
        self.stage.office("evidence", "get", entry["id"], "--out", out)
        self.assertEqual(out.read_bytes(), content)
        again = self.stage.office("evidence", "get", entry["id"], "--out", out, check=False)
        self.refused(again, USAGE, "out.pdf")
        self.assertEqual(self.shown("biên bản.pdf")[0]["state"], "there")

    def test_the_same_command_twice_says_the_same_once(self):
        path = self.file("một.pdf", pdf(100, 2))
        first = self.task("A", path, percent=20).json()["seq"]
        self.assertIsNotNone(first)
        self.assertIsNone(self.task("A", path, percent=20).json()["seq"])
        self.file("một.pdf", pdf(100, 3))  # another content of the same size
        self.assertIsNotNone(self.task("A", path, percent=20).json()["seq"])
        self.send()
        self.assertEqual(len([e for e in self.cited() if e["name"] == "một.pdf"]), 2)

    def test_a_report_carries_the_files_beside_it(self):
        self.file("ảnh.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
        report = self.file("report.csv", "code,value,evidence\n1.1,4,ảnh.png|xa.pdf\n".encode())
        self.stage.agent("A", "report", "--year", YEAR, "--file", report)
        self.send()
        self.wait_state("ảnh.png", "there")
        self.assertEqual(self.shown("xa.pdf")[0]["state"], "named")
        entry, text = self.shown("ảnh.png")
        self.assertEqual(entry["state"], "there")
        self.assertIn("ảnh.png (1 KiB, there); xa.pdf (only named)", text)

    def test_a_long_explanation_is_a_file(self):
        s = self.stage
        text = "Giải trình thứ nhất: " + "việc này đã làm đúng hạn, " * 400
        short, size = text[:2500], len(text.strip().encode())
        report = self.file("dài.csv", f'code,value,explanation\n1.1,3,"{text}"\n2.2,2,"{short}"\n'.encode())
        made = s.agent("A", "report", "--year", YEAR, "--file", report, "--json").json()
        self.assertEqual(made["components"], 2)
        again = s.agent("A", "report", "--year", YEAR, "--file", report, "--json").json()
        self.assertIsNone(again["seq"])  # the same text is cited again and not copied again
        self.assertEqual(self.waiting()["waiting"], 1)
        self.send()
        entry = self.wait_state("giai-trinh-1.1.txt", "there")
        self.assertEqual((entry["size"], entry["type"]), (size, "txt"))
        out = s.folder / "whole.txt"
        s.office("evidence", "get", entry["id"], "--out", out)
        self.assertEqual(out.read_text(), text.strip())
        shown = {c["code"]: c["said"] for c in s.office("explain", "A", "--year", YEAR, "--json").json()["components"]}
        said = shown["1.1"]["explanation"]
        self.assertTrue(said.startswith(text[:500]))
        self.assertTrue(said.endswith(" [giai-trinh-1.1.txt]"), said[-40:])
        self.assertLess(len(said.encode()), 1100)
        self.assertEqual(shown["2.2"]["explanation"], short.strip())
        self.assertEqual(shown["2.2"]["evidence"], [])
        text = self.shown("giai-trinh-1.1.txt")[1]
        self.assertIn("giai-trinh-1.1.txt (15 KiB, there)", text)

    def test_what_is_taken_is_said(self):
        s = self.stage
        large = self.file("lớn.pdf", b"%PDF-1.7\n")
        os.truncate(large, (20 << 20) + 1)
        for path, word in (
            (large, "20 MiB"),
            (self.file("a.exe", b"MZ"), "pdf, png"),
            (self.file("giả.pdf", b"MZ\x90\0"), "pdf, png"),
            (self.file("trống.pdf", b""), "pdf, png"),
            (self.file("x\u202efdp.pdf", pdf(20)), "hidden"),
            (self.file("x\ny.pdf", pdf(20)), "hidden"),
        ):
            answer = s.agent("A", "task", "T1", "--percent", 30, "--evidence", path, "--lang", "en", check=False)
            self.refused(answer, USAGE, word)
        report = self.file("r.csv", "code,value,evidence\n1.1,4,../papers/giả.pdf\n".encode())
        answer = s.agent("A", "report", "--year", YEAR, "--file", report, "--lang", "en", check=False)
        self.refused(answer, USAGE, "without a folder")
        os.symlink(s.write("elsewhere.pdf", pdf(100)), large.parent / "nối.pdf")
        report = self.file("r.csv", "code,value,evidence\n1.1,4,nối.pdf\n".encode())
        self.assertNotEqual(s.agent("A", "report", "--year", YEAR, "--file", report, check=False).status, 0)
        self.assertEqual(self.waiting()["waiting"], 0)

    def test_what_was_erased_before_it_came_is_an_alarm(self):
        s = self.stage
        self.file("trước.pdf", pdf(700, 9))
        report = self.file("before.csv", "code,choice,evidence\n1.2,full,trước.pdf\n".encode())
        before = {path.name for path in s.data("A").glob("evidence/??/*")}
        s.agent("A", "report", "--year", YEAR, "--file", report)
        (new,) = {path.name for path in s.data("A").glob("evidence/??/*")} - before
        s.broker("evidence", "erase", new, "--reason", "có vi-rút")
        answer = s.agent("A", "send", "--lang", "en", check=False)
        self.refused(answer, NO, "erased")
        told = s.agent("A", "alarms", "--lang", "en", check=False).out
        self.assertIn(new, told)
        self.assertIn("có vi-rút", told)
        self.assertEqual(self.waiting()["waiting"], 0)
        self.assertTrue(self.stored("A", {"id": new}).exists())
        s.agent("A", "alarms", "--read", "all")

    def test_missing_altered_and_erased_are_shown_wherever_they_are_cited(self):
        s = self.stage
        names = ("mất.pdf", "sửa.pdf", "xóa.pdf")
        for i, name in enumerate(names):
            self.file(name, pdf(500 + i, i))
        report = self.file("three.csv", f"code,choice,evidence\n1.2,full,{'|'.join(names)}\n".encode())
        s.agent("A", "report", "--year", YEAR, "--file", report)
        self.send()
        entries = {name: self.wait_state(name, "there") for name in names}
        head = s.broker("log", "head", "--json").json()
        self.stored("office", entries["mất.pdf"]).unlink()
        path = self.stored("office", entries["sửa.pdf"])
        blob = bytearray(path.read_bytes())
        blob[-1] ^= 1
        path.write_bytes(blob)
        erased = entries["xóa.pdf"]["id"]
        said = s.office("evidence", "erase", erased, "--reason", "người dân yêu cầu", "--lang", "en").out
        self.assertIn(f"nganam-broker evidence erase {erased}", said)
        s.broker("evidence", "erase", erased, "--reason", "như trên")
        states = {"mất.pdf": "missing", "sửa.pdf": "altered", "xóa.pdf": "erased"}
        for name, state in states.items():
            self.assertEqual(self.shown(name)[0]["state"], state)
            self.assertEqual({e["name"]: e["state"] for e in self.cited()}[name], state)
        text = self.shown("xóa.pdf")[1]
        self.assertIn("người dân yêu cầu", text)
        self.assertIn("mất.pdf (1 KiB, missing)", text)
        self.assertIn("ALTERED", text)
        self.assertEqual(self.shown("xóa.pdf")[0]["reason"], "người dân yêu cầu")
        self.assertNotIn(pdf(502, 2)[9:], self.stored("broker", entries["xóa.pdf"]).read_bytes())
        self.assertNotIn(pdf(502, 2)[9:], self.stored("office", entries["xóa.pdf"]).read_bytes())
        # The log is whole, and what is gone or altered here is had again from the broker.
        s.broker("log", "verify")
        self.assertEqual(s.broker("log", "head", "--json").json(), head)
        for name in names[:2]:
            s.office("evidence", "get", entries[name]["id"], "--out", s.folder / f"back-{name}")
            self.assertEqual(self.shown(name)[0]["state"], "there")
        answer = s.office("evidence", "get", erased, "--out", s.folder / "x", "--lang", "en", check=False)
        self.refused(answer, NO, "erased")


class Unconfirmed(Evidence):
    def test_a_file_waits_until_a_person_has_confirmed_the_unit(self):
        s = self.stage
        s.office("actor", "add", "an", "--role", "admin")
        s.office("policy", "enrolment", "confirm", "--actor", "an")
        slip = s.office("invite", "B", "--json").json()["slip"]
        digits = s.agent("B", "enrol", slip, "--json").json()["confirmation"]["digits"]
        self.task("B", self.file("chờ.pdf", pdf(2 * CHUNK, 12)), percent=10)
        agent = s.serve("agent", name="B")
        log = s.folder / "B.log"
        programs.wait_until(
            lambda: "evidence_waits" in log.read_text(), 20, "the broker takes no file of B"
        )
        self.assertEqual(self.waiting("B")["waiting"], 1)
        units = s.broker("evidence", "--json").json()["units"]
        self.assertNotIn("B", [u["unit"] for u in units])
        s.office("confirm", "B", "--digits", digits, "--actor", "an")
        self.wait_state("chờ.pdf", "there", unit="B")
        self.assertEqual(self.waiting("B")["waiting"], 0)
        agent.stop()
        s.services.remove(agent)


class Hostile(Evidence):
    """A client of its own, written from PROTOCOL.md, as unit B."""

    @classmethod
    def setUpStage(cls):
        super().setUpStage()
        slip = Slip(cls.stage.office("invite", "B", "--json").json()["slip"])
        cls.client = Client(slip)
        cls.client.enrol()

    def put(self, content, size=None, offset=0, blob_id=None, salt=None):
        """The answer to one Put: `have`, or the error's number."""
        blob = (salt or secrets.token_bytes(SALT)) + content
        return self.ask(
            put={
                "id": blob_id or hashlib.sha256(blob).digest(),
                "size": len(blob) if size is None else size,
                "offset": offset,
                "bytes": blob[offset : offset + CHUNK],
            }
        )

    def ask(self, **body):
        answer = self.client.exchange(**body)
        kind = answer.WhichOneof("body")
        return -answer.error.code if kind == "error" else getattr(answer, kind)

    def test_another_units_file_is_not_given(self):
        self.task("A", self.file("kín.pdf", pdf(1000, 4)), percent=40)
        self.send()
        entry = self.wait_state("kín.pdf", "there")
        self.assertEqual(self.ask(get={"id": bytes.fromhex(entry["id"])}), -FORBIDDEN)
        self.assertEqual(self.ask(get={"id": secrets.token_bytes(32)}), -MISSING)
        # Put again by another it is there, and stays the first one's.
        blob = self.stored("A", entry).read_bytes()[64:]
        answer = self.put(blob[SALT:], salt=blob[:SALT])
        self.assertEqual(answer.have, len(blob))
        self.assertEqual(self.ask(get={"id": bytes.fromhex(entry["id"])}), -FORBIDDEN)

    def test_its_own_is(self):
        content = pdf(2 * CHUNK, 5)
        salt = secrets.token_bytes(SALT)
        have = 0
        while have < SALT + len(content):
            have = self.put(content, offset=have, salt=salt).have
        blob_id = hashlib.sha256(salt + content).digest()
        got = b""
        while len(got) < SALT + len(content):
            got += self.ask(get={"id": blob_id, "offset": len(got)}).bytes
        self.assertEqual(got, salt + content)

    def test_a_file_of_another_size_than_was_cited_is_altered(self):
        blob = secrets.token_bytes(SALT) + pdf(700, 6)
        blob_id = hashlib.sha256(blob).digest()
        self.assertEqual(self.put(blob[SALT:], salt=blob[:SALT]).have, len(blob))
        piece = {"name": "khác-cỡ.pdf", "size": 701, "id": blob_id.hex(), "type": "pdf"}
        self.client.progress("T1", YEAR, percent=1, evidence=[piece])
        self.wait_state("khác-cỡ.pdf", "altered", unit="B")
        self.assertEqual(self.shown("khác-cỡ.pdf", unit="B")[0]["state"], "altered")

    def test_what_is_wrong_is_refused_with_its_number(self):
        self.assertEqual(self.put(pdf(100), size=(20 << 20) + SALT + 1), -LARGE)
        self.assertEqual(self.put(pdf(100), size=1 << 63), -LARGE)
        self.assertEqual(self.put(b"", size=SALT), -LARGE)
        self.assertEqual(self.put(b"MZ\x90\0" + bytes(600)), -TYPE)
        self.assertEqual(self.put(pdf(100), blob_id=secrets.token_bytes(32)), -HASH)
        self.assertEqual(self.put(pdf(100), blob_id=b"short"), -MALFORMED)
        # A gap, and bytes beyond the end: nothing is taken, the answer says how much there is.
        self.assertEqual(self.put(pdf(2 * CHUNK), offset=CHUNK).have, 0)
        self.assertEqual(self.put(pdf(CHUNK), size=SALT + 100).have, 0)

    def test_a_peer_that_begins_a_thousand_is_held_to_its_quota(self):
        answers = set()
        for i in range(50):
            answer = self.put(pdf(CHUNK, i), size=19 << 20)
            answers.add(answer if isinstance(answer, int) else "taken")
        self.assertEqual(answers, {"taken", -QUOTA})
        usage = self.stage.broker("evidence", "--json").json()["units"]
        self.assertLessEqual({u["unit"]: u["bytes"] for u in usage}["B"], 100 << 20)
        # Others are not touched by it.
        self.task("A", self.file("khác.pdf", pdf(1000, 8)), percent=45)
        self.send()
        self.wait_state("khác.pdf", "there")

    quota = ("--evidence-quota", 100)


class Names(Evidence):
    """What a unit calls a file is shown harmlessly and is never a path."""

    @classmethod
    def setUpStage(cls):
        super().setUpStage()
        slip = Slip(cls.stage.office("invite", "B", "--json").json()["slip"])
        cls.client = Client(slip)
        cls.client.enrol()

    @staticmethod
    def names(count):
        rng = random.Random(stage.seed())
        fixed = [
            "../../../etc/passwd", "/etc/passwd", "..", ".", "a/../../b.pdf", "..\\..\\b.pdf", "~/.ssh/id.pdf",
            "-rf", "--out=/tmp/x", "-", "CON", "NUL.pdf", "COM1", "aux.txt", "a.pdf:stream", "%2e%2e%2fb.pdf",
            "x\u202efdp.exe", "\u2066a\u2069.pdf", "\u200b.pdf", "a\u2028b.pdf", "$(reboot).pdf", "`id`.pdf", "a;b|c.pdf",
            "a\x1b[2Jb.pdf", "a\nEvidence: b (there)", "a\tb.pdf", "a\x7fb", "a\u0085b", "<script>x</script>.pdf", "\ufefftest.pdf",
            "con trỏ\u0301.pdf", "x" * 1000, "x" * 1001, "é" * 500, "e\u0301" * 300, "\U000e0041.pdf", " a.pdf", "a.pdf ",
        ]
        pieces = ["..", "/", "\\", "\x00", "\x1b[31m", "\u202e", "\u2067", "\r", "\n", "-", "~", "a", "phụ lục", ".pdf", "%s%n", "\u200d", "'", '"', "&", "C:"]
        while len(fixed) < count:
            fixed.append("".join(rng.choice(pieces) for _ in range(rng.randint(1, 8))))
        return fixed[:count]

    def tree(self):
        """Every path of the stage, without what each service keeps for itself."""
        return {
            str(p.relative_to(self.stage.folder))
            for p in self.stage.folder.rglob("*")
            if "evidence" not in p.parts and "blobs" not in p.parts and p.is_file()
        }

    def test_500_hostile_names(self):
        s = self.stage
        names = self.names(500)
        before = self.tree()
        blob = secrets.token_bytes(SALT) + pdf(600, 9)
        blob_id = hashlib.sha256(blob).digest()
        have = self.client.exchange(put={"id": blob_id, "size": len(blob), "bytes": blob}).stored.have
        self.assertEqual(have, len(blob))
        taken = 0
        for start in range(0, len(names), 20):
            pieces = []
            for name in names[start : start + 20]:
                if "\x00" in name:
                    continue  # no text of the wire
                pieces.append({"name": name, "size": 600, "id": blob_id.hex(), "type": "pdf"})
            for piece in pieces:
                self.client.progress("T1", YEAR, percent=1 + taken % 90, evidence=[piece])
                taken += 1
        self.assertGreater(taken, 300)
        size = s.log_size()
        programs.wait_until(
            lambda: s.office("status", "--json").json()["applied"] >= size, 60, "the office follows"
        )
        shown = s.office("evidence", "list", "--unit", "B", "--lang", "en").out
        found = {c for c in shown if c < " " and c != "\n"}
        self.assertEqual(found, set())
        found = set(shown) & set("\x7f\x85\u202e\u2066\u2067\u2069\u200b\u200d\u2028\ufeff\U000e0041")
        self.assertEqual(found, set())
        lines = shown.splitlines()
        self.assertEqual(len(lines), 2 * taken)  # a name makes no line of its own
        self.assertTrue(all(line.startswith(("B  T1", "  ")) for line in lines))
        s.office("explain", "B", "--year", YEAR)
        self.wait_blob(blob_id.hex())
        self.assertEqual(self.tree() - before, self.allowed(self.tree() - before))

    def wait_blob(self, blob_id):
        path = self.stage.data("office") / "evidence" / blob_id[:2] / blob_id
        programs.wait_until(path.exists, 60, "the file is at the office")
        for who, folder in (("office", "evidence"), ("broker", "blobs")):
            for p in (self.stage.data(who) / folder).rglob("*"):
                self.assertRegex(p.name, r"\A([0-9a-f]{2}|[0-9a-f]{64}((\.[AB])?\.part)?|waiting)\Z")

    @staticmethod
    def allowed(paths):
        own = ("evidence.next", "evidence.lock", ".log", "uplink.lock", "snapshots")
        return {p for p in paths if any(word in p for word in own)}


class Breaks(Evidence):
    """Uploads that break off, at either end, and go on."""

    def arrived(self):
        """Bytes of the one upload that is on its way to the broker; 0: none, or it is done."""
        sizes = []
        for part in (self.stage.data("broker") / "blobs").rglob("*.part"):
            with contextlib.suppress(FileNotFoundError):
                sizes.append(part.stat().st_size)
        return max(sizes, default=0)

    def wait_more(self, size):
        """Until more than that has arrived; False: all of it has. Looks often, for it goes fast."""
        waiting = self.stage.data("A") / "evidence" / "waiting"
        until = time.monotonic() + 30
        while self.arrived() <= size:
            if not any(waiting.iterdir()):
                return False
            self.assertLess(time.monotonic(), until)
            time.sleep(0.001)
        return True

    def resume_after(self, kill, name, seed):
        """`kill` strikes at several places of an upload; it goes on from each and arrives whole."""
        content = pdf(19 << 20, seed)
        self.task("A", self.file(name, content), percent=60 + seed % 30)
        places = [0]
        for _ in range(4):
            agent = self.stage.serve("agent", name="A")
            more = self.wait_more(places[-1] + CHUNK)
            kill(agent)
            if not more:
                break  # this machine was faster than we looked
            places.append(self.arrived())
        self.assertGreater(len(places), 2)  # broken off twice at least
        places = [place for place in places if place]  # 0: it was done when it was looked at
        self.assertEqual(places, sorted(set(places)))  # it went on, and never began again
        self.send()
        entry = self.wait_state(name, "there")
        self.assertEqual(self.stored("office", entry).read_bytes()[64 + SALT :], content)
        parts = [p for who in ("A", "broker", "office") for p in self.stage.data(who).rglob("*.part")]
        self.assertEqual(parts, [])

    def test_the_agent_is_killed(self):
        self.resume_after(lambda agent: agent.kill(), "giết-máy-trạm.pdf", 21)

    def test_the_broker_is_killed(self):
        def kill(agent):
            type(self).broker.kill()
            agent.stop(20)
            type(self).broker = self.stage.serve("broker", *self.quota)

        self.resume_after(kill, "giết-máy-chủ.pdf", 22)
        self.stage.broker("log", "verify")

    def test_the_office_is_killed_while_it_fetches(self):
        content = pdf(15 << 20, 23)
        self.task("A", self.file("văn-phòng.pdf", content), percent=99)
        self.send()
        for delay in (0.05, 0.2, 0.5, 1.0):
            time.sleep(delay)
            type(self).office.kill()
            type(self).office = self.stage.serve("office")
        entry = self.wait_state("văn-phòng.pdf", "there")
        self.assertEqual(self.stored("office", entry).read_bytes()[64 + SALT :], content)

    def test_the_brokers_folder_is_swapped_for_a_link(self):
        """A link in the place of each folder: nothing is written where it leads."""
        s = self.stage
        outside = s.folder / "outside"
        outside.mkdir()
        blobs = s.data("broker") / "blobs"
        kept = {}
        for first in range(256):
            shelf = blobs / f"{first:02x}"
            if shelf.exists():
                kept[shelf] = shelf.rename(s.folder / f"kept-{first:02x}")
            shelf.symlink_to(outside)
        self.task("A", self.file("bẫy.pdf", pdf(1000, 31)), percent=5)
        answer = s.agent("A", "send", "--timeout", 5, "--json", check=False)
        self.assertNotEqual(answer.status, 0)
        self.assertEqual(list(outside.iterdir()), [])
        self.assertEqual(self.waiting()["waiting"], 1)
        for first in range(256):
            (blobs / f"{first:02x}").unlink()
        for shelf, where in kept.items():
            where.rename(shelf)
        self.send()
        self.wait_state("bẫy.pdf", "there")


if __name__ == "__main__":
    stage.main()
