"""Goal: the log gets a new key while a town works and nobody has to do anything; what was proved before
stays proved, and whoever has only the old key afterwards proves nothing new.
Method: the programs, on one calendar that leaps past the thirty days; one ward is connected all the time, one
is away over the change and those days, one enrols with a slip of before. Then the key changes once more, with
no broker running. Heads are forged with the old key's file.
"""
import base64
import datetime
import hashlib
import re
import shutil
import struct
import subprocess
import sys

import audit
import client
import nacl.signing
import stage
import zmq
from leap import FORM, Leap
from stage import NO, YEAR, programs

MONTH_S = 31 * 24 * 3600
DASH = "\u2014 "


def key_of(folder):
    """The signing key in a broker's log.key."""
    return nacl.signing.SigningKey(base64.b64decode(folder.read_text().strip().split("+", 4)[4])[1:])


def line(origin, key, text):
    public = bytes(key.verify_key)
    key_id = hashlib.sha256(origin.encode() + b"\n\1" + public).digest()[:4]
    return f"{DASH}{origin} {base64.b64encode(key_id + key.sign(text.encode()).signature).decode()}\n"


class LogKey(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        cls.leap = Leap.__new__(Leap)
        cls.leap.path = s.folder / "calendar"
        cls.leap.library = programs.bin_folder().parent / "lib" / "town_leap.so"
        cls.set_calendar(0)
        programs.extra_environment.update(cls.leap.environment())
        s.centre()
        s.units("A,Phường A,ward", "B,Phường B,ward", "C,Phường C,ward", "D,Phường D,ward", "E,Phường E,ward", "W,Phường W,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")
        s.enrol("B")
        s.enrol("W")
        cls.report("A", 1)
        cls.report("B", 1)
        s.agent("A", "send")
        s.agent("B", "send")
        s.office_caught_up()
        s.agent("B", "send")  # … its verdict
        cls.first = s.made["log_vkey"]
        cls.stranger = client.Client(client.Slip(s.office("invite", "E", "--json").json()["slip"]))
        cls.stranger.enrol()
        cls.old_slip = s.office("invite", "C", "--json").json()["slip"]
        cls.before = s.folder / "before"
        s.broker("log", "export", cls.before)
        shutil.copytree(cls.before, s.folder / "before-copy")
        cls.old_key = s.folder / "old.key"
        shutil.copy2(s.data("broker") / "log.key", cls.old_key)
        # The change, beside everything that runs; B is away.
        s.serve("agent", name="A")
        cls.made = s.broker("rotate", "--json").json()
        cls.report("A", 2)
        cls.delivered("A")
        cls.head_then = s.broker("log", "head").out
        s.agent("C", "enrol", cls.old_slip)
        s.office_caught_up()
        cls.new_slip = s.office("invite", "D", "--json").json()["slip"]
        cls.set_calendar(MONTH_S)
        cls.report("A", 3)
        cls.delivered("A")
        cls.head_now = s.broker("log", "head").out

    @classmethod
    def tearDownClass(cls):
        programs.extra_environment.clear()
        super().tearDownClass()

    @classmethod
    def set_calendar(cls, ahead_s):
        with open(cls.leap.path, "r+b" if cls.leap.path.exists() else "wb") as stream:
            stream.write(FORM.pack(ahead_s, 0))

    @classmethod
    def report(cls, unit, value):
        cls.stage.agent(unit, "report", "--year", YEAR, "1.1", f"value={value}")

    @classmethod
    def delivered(cls, unit):
        def look():
            return cls.stage.agent(unit, "status", "--json").json()["outbox"] == 0

        programs.wait_until(look, 60, f"{unit} has its receipts")

    def alarms(self, unit):
        return self.stage.agent(unit, "alarms", "--json", check=False).json()["alarms"]

    def lines(self, head):
        return [row.split(" ")[1:] for row in head.splitlines() if row.startswith(DASH)]

    def id_of(self, row):
        return base64.b64decode(row[1])[:4].hex()

    # ---- heads and parties ----

    def test_a_head_carries_both_lines_for_a_month_and_then_the_new_one(self):
        new, old = self.made["log_vkey"], self.first
        self.assertNotEqual(new, old)
        then, now = self.lines(self.head_then), self.lines(self.head_now)
        self.assertEqual([self.id_of(r) for r in then], [new.split("+")[1], old.split("+")[1]])
        self.assertEqual([self.id_of(r) for r in now], [new.split("+")[1]])

    def test_each_party_follows_without_a_word(self):
        s = self.stage
        self.report("B", 2)  # away over the change and the month
        s.agent("B", "send")
        s.agent("C", "send")
        s.agent("D", "enrol", self.new_slip, check=False)  # a month old
        s.enrol("D")
        for unit in "ABCD":
            self.assertEqual(self.alarms(unit), [], unit)
        board = s.office_caught_up()
        self.assertEqual({r["unit"]: r["points"] for r in board["rows"]}["B"], "2.00")
        listed = s.broker("log", "list", "--kind", "logkey", "--json").json()["entries"]
        self.assertEqual([(e["author"], e["index"]) for e in listed], [("log", self.made["index"])])
        shown = s.office("log", "show", self.made["index"]).out
        self.assertIn("log", shown)
        self.assertEqual(client.Slip(self.old_slip).log_key, self.public(self.first))
        self.assertEqual(client.Slip(self.new_slip).log_key, self.public(self.made["log_vkey"]))
        s.broker("log", "verify")
        s.office("rebuild", "--check")
        s.office("rebuild", "--check", "--export", s.folder / "before-copy")

    def test_a_client_written_from_the_protocol_alone_follows_too(self):
        c = self.stranger
        # Its session ended with the old key; who then says no Hello for long loses the line, too.
        with self.assertRaises((RuntimeError, zmq.Again)) as ended:
            c.fetch()
        if isinstance(ended.exception, RuntimeError):
            self.assertIn("error 2", str(ended.exception))
        c.connect(c.curve)
        self.assertEqual([at for at, _ in c.log_keys][:2], [0, self.made["index"]])
        c.fetch()
        c.submit(*c.author(client.KIND_REPORT, b"nothing that parses"))
        known, c.log_keys = c.log_keys, [(0, bytes(32))]
        with self.assertRaisesRegex(client.Lie, "other keys"):
            c.connect(c.curve)
        c.log_keys = known

    def public(self, vkey):
        return base64.b64decode(vkey.split("+", 2)[2])[1:]

    # ---- what is kept and handed on ----

    def test_receipts_of_before_and_after_are_proved_with_the_key_of_their_time(self):
        s = self.stage
        folder = s.folder / "receipts"
        s.agent("A", "receipts", "--export-all", folder, "--leaves")
        vkeys = (folder / "log.vkey").read_text().splitlines()
        self.assertEqual(vkeys[:2], [self.first, self.made["log_vkey"]])
        text = (stage.ROOT / "docs" / "disk-format.md").read_text("utf-8")
        (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        checker = s.write("check.py", program)
        first = s.write("first.vkey", vkeys[0])
        outcomes = []
        for proof in sorted(folder.glob("*.tlog-proof")):
            leaf = proof.with_suffix(".leaf")
            run = [sys.executable, "-B", checker, folder / "log.vkey", proof, leaf]
            subprocess.run(run, check=True, capture_output=True, timeout=60)
            run[3] = first
            outcomes.append(subprocess.run(run, capture_output=True, timeout=60, check=False).returncode)
        self.assertEqual(set(outcomes), {0, 1})  # within the month the first key is enough, later not

    def test_an_export_leads_from_the_first_key_to_the_last(self):
        s = self.stage
        export = s.folder / "export"
        for program in (s.broker, s.office):
            shutil.rmtree(export, ignore_errors=True)
            if program == s.office:
                s.office_caught_up()
            program("log", "export", export)
            for vkey in (self.first, self.made["log_vkey"]):
                s.broker("log", "verify", "--export", export, "--vkey", vkey)
            s.office("log", "verify", "--export", export)
            self.assertEqual((export / "vkeys").read_text().splitlines()[:2], [self.first, self.made["log_vkey"]])
            self.assertEqual(len((export / "log-keys").read_text().splitlines()), 1)
        s.office("rebuild", "--check", "--export", export)
        script = audit.save(s.folder, "python", "py")
        self.assertEqual(audit.python(script, export, self.made["log_vkey"])[0], 0)
        s.broker("log", "export", self.before)  # one of before goes on
        s.broker("log", "verify", "--export", self.before, "--vkey", self.first)
        # Without the statement that changed the key, the old one proves nothing.
        (export / "log-keys").unlink()
        answer = s.broker("log", "verify", "--export", export, "--vkey", self.first, check=False)
        self.refused(answer, NO, "checkpoint")

    # ---- a stolen old key ----

    def test_a_head_of_the_old_key_alone_counts_for_nothing_new(self):
        s = self.stage
        export = s.folder / "forged"
        s.broker("log", "export", export)
        text = (export / "checkpoint").read_text().partition("\n\n")[0] + "\n"
        key = key_of(self.old_key)
        (export / "checkpoint").write_text(f"{text}\n" + line(stage.ORIGIN, key, text))
        for vkey in (self.first, self.made["log_vkey"]):
            answer = s.broker("log", "verify", "--export", export, "--vkey", vkey, check=False)
            self.refused(answer, NO, f"replaced at entry {self.made['index']}")
        # A whole log of his own, from before the change: only the first key's readers believe it.
        shutil.rmtree(export)
        shutil.copytree(s.folder / "before-copy", export)
        s.broker("log", "verify", "--export", export, "--vkey", self.first)
        answer = s.broker("log", "verify", "--export", export, "--vkey", self.made["log_vkey"], check=False)
        self.refused(answer, NO, "not signed with the log's key")
        answer = s.office("log", "verify", "--export", export, check=False)
        self.refused(answer, NO, "not signed with the log's key")

    def test_a_change_that_the_log_does_not_hold_is_found(self):
        """The old key's thief leads to a key of his own, over the true entries."""
        s = self.stage
        export = s.folder / "led-astray"
        shutil.copytree(s.folder / "before-copy", export)
        text = (export / "checkpoint").read_text().partition("\n\n")[0] + "\n"
        old, mine = key_of(self.old_key), nacl.signing.SigningKey.generate()
        index = int(text.split("\n")[1]) - 1
        log_id = hashlib.sha256(stage.ORIGIN.encode()).digest()[:16]
        covered = b"nganam/logkey/01" + struct.pack(">16s16sI", log_id, b"log", 1)
        covered += bytes(mine.verify_key) + bytes(old.verify_key) + struct.pack(">Q", index)
        payload = client.queue.LogKey(
            key=bytes(mine.verify_key),
            previous=bytes(old.verify_key),
            countersignature=mine.sign(covered).signature,
        ).SerializeToString()
        header = client.STATEMENT.pack(
            b"nganam/report/01", log_id, b"log", b"*", 1, 11, 9, 1, index, bytes(32), bytes(32)
        )
        signed = old.sign(header + payload)
        (export / "log-keys").write_bytes(base64.b64encode(signed.signature + signed.message) + b"\n")
        (export / "checkpoint").write_text(f"{text}\n" + line(stage.ORIGIN, mine, text))
        answer = s.broker("log", "verify", "--export", export, "--vkey", self.first, "--json", check=False)
        self.assertEqual(answer.status, NO, answer)
        self.assertEqual([f["index"] for f in answer.json()["damaged"]], [index + 1], answer)
        self.assertIn("other keys", answer.out)

    def test_a_slip_with_a_key_that_never_was_the_logs_enrols_nobody(self):
        s = self.stage
        s.enrol("D")
        slip = s.office("invite", "D", "--json").json()["slip"]
        raw = base64.urlsafe_b64decode(slip[8:] + "=" * (-len(slip[8:]) % 4))[:-4]
        raw = raw.replace(self.public(self.made["log_vkey"]), bytes(nacl.signing.SigningKey.generate().verify_key))
        raw += hashlib.sha256(b"nganam1:" + raw).digest()[:4]
        forged = "nganam1:" + base64.urlsafe_b64encode(raw).decode().rstrip("=")
        size = s.log_size()
        answer = s.agent("D", "enrol", forged, "--timeout", 5, check=False)
        self.assertEqual(answer.status, NO, answer)
        self.assertIn("never had", answer.err)
        self.assertEqual(s.log_size(), size)

    # ---- a unit without a line ----

    def test_a_unit_that_lives_by_bundles_hears_of_it_in_an_answer(self):
        s = self.stage
        bundle = s.folder / "w.bundle"
        self.report("W", 1)
        s.agent("W", "bundle", bundle)
        s.agent("A", "submit", bundle, "--timeout", 60)
        since = lambda: s.agent("W", "status", "--json").json()["log_key_since"]  # noqa: E731
        self.assertEqual(since(), 0)
        answer = bundle.with_name("w.bundle.receipts")
        whole = answer.read_bytes()
        at = whole.index(self.public(self.made["log_vkey"]))
        forged = whole[: at] + bytes(32) + whole[at + 32 : -32]
        forged = s.write("forged.receipts", forged + hashlib.sha256(forged).digest())
        self.refused(s.agent("W", "receipts", "--import", forged, check=False), NO, "not signed by the key before")
        self.assertEqual(since(), 0)
        news = s.agent("W", "receipts", "--import", answer, "--json").json()
        self.assertEqual((news["imported"], news["outbox"]), (1, 0))
        self.assertGreaterEqual(since(), self.made["index"])
        self.assertEqual(s.agent("W", "receipts", "--import", answer, "--json").json()["known"], 1)

    # ---- once more, alone; and what is left of the old keys ----

    def test_once_more_with_no_broker_running_and_a_restore(self):
        s = self.stage
        self.report("A", 4)
        self.delivered("A")
        broker = s.services[0]
        broker.stop()
        s.services.remove(broker)
        self.start_broker()
        self.assertFalse((s.data("broker") / "log.key.old").exists())  # its month is over
        s.services[0].stop()
        made = s.broker("rotate", "--json").json()
        self.assertEqual(made["log_vkey"].split("+")[0], stage.ORIGIN)
        self.assertTrue((s.data("broker") / "log.key.old").exists())
        self.assertFalse((s.data("broker") / "log.key.new").exists())
        s.services.remove(s.services[0])
        self.start_broker()
        self.report("A", 5)
        self.delivered("A")
        self.report("B", 5)
        s.agent("B", "send")
        self.assertEqual(self.alarms("A"), [])
        board = s.office_caught_up()
        self.assertEqual({r["unit"]: r["points"] for r in board["rows"]}["B"], "5.00")
        export = s.folder / "third"
        s.broker("log", "export", export)
        for vkey in (self.first, self.made["log_vkey"], made["log_vkey"]):
            s.office("log", "verify", "--export", export, "--vkey", vkey)
        self.restores(export)

    def start_broker(self):
        s = self.stage
        s.serve("broker")
        s.services.insert(0, s.services.pop())

    def restores(self, export):
        """Everything lost but the keys: with the newest key the same log again, with an older one no log."""
        s = self.stage
        s.services[0].stop()
        folder, lost = s.data("broker"), s.folder / "lost"
        shutil.copytree(folder, lost)
        s.broker("log", "export", export)  # what came meanwhile, a verdict perhaps
        size = s.log_size()
        shutil.rmtree(folder / "log")
        (folder / "head").unlink()
        (folder / "log.key.old").unlink()
        for key, words in ((self.old_key, "not signed by the key"), (lost / "log.key.old", "put the newer one")):
            shutil.copy2(key, folder / "log.key")
            answer = s.broker("restore", "--from", export, check=False)
            self.refused(answer, NO, words)
            shutil.rmtree(folder / "log", ignore_errors=True)
        shutil.copy2(lost / "log.key", folder / "log.key")
        s.broker("restore", "--from", export)
        self.assertEqual(s.log_size(), size)
        s.broker("log", "verify")
        for word in (("rotate",), ("revoke", "A", "--reason", "lost"), ("invite", "office")):
            self.refused(s.broker(*word, check=False), NO, "may lack its newest entries")
        self.assertEqual(s.log_size(), size)
        s.services.remove(s.services[0])
        self.start_broker()
        s.broker("restore", "--accept")
        self.report("A", 3)
        self.delivered("A")
        s.broker("log", "verify")


if __name__ == "__main__":
    stage.main()
