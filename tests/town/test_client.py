"""Goal: PROTOCOL.md is enough to write a client without reading C.
Method: client.py, written from it alone, enrols, reports, verifies its receipt and reads its verdict; it
reproduces the document's test values; and it refuses a receipt and a head that were tampered with.
"""
import hashlib
import struct

import client
import nacl.signing
import par_messages
import stage
from stage import YEAR

HEX = bytes.fromhex


class Values(stage.unittest.TestCase):
    """Section 11 of PROTOCOL.md."""

    def setUp(self):
        text = (stage.ROOT / "proto" / "PROTOCOL.md").read_text("utf-8")
        rows = (
            line.strip("| ").split("|")
            for line in text.split("## 11")[1].splitlines()
            if "`" in line and line.startswith("|")
        )
        self.values = {row[0].strip(): HEX(row[1].strip(" `")) for row in rows}

    def value(self, begins):
        return next(value for name, value in self.values.items() if name.startswith(begins))

    def test_keys_of_the_code(self):
        slip = client.Slip.__new__(client.Slip)
        slip.code = self.value("code")
        seed = slip._derive(b"nganam/invite/ed")
        self.assertEqual(seed, self.value("invite's Ed25519 seed"))
        self.assertEqual(
            bytes(nacl.signing.SigningKey(seed).verify_key), self.value("invite's Ed25519 public")
        )
        self.assertEqual(slip._derive(b"nganam/invite/cv"), self.value("invite's CURVE secret"))

    def test_the_enrol_statement(self):
        c = client.Client.__new__(client.Client)
        c.slip = type("Slip", (), {"party": "P1"})
        c.log_id = hashlib.sha256(b"nganam.example/log").digest()[:16]
        self.assertEqual(c.log_id, self.value("log_id"))
        key, curve = self.value("new Ed25519 key"), self.value("new CURVE key")
        invite = nacl.signing.SigningKey(self.value("invite's Ed25519 seed"))
        promise = b"".join(
            (
                b"nganam/enrol/001",
                c.log_id,
                b"P1".ljust(16, b"\0"),
                struct.pack(">I", 1),
                key,
                curve,
            )
        )
        self.assertEqual(invite.sign(promise).signature, self.value("countersignature"))
        enrol = client.queue.Enrol(
            curve=curve,
            key=key,
            invite_key=bytes(invite.verify_key),
            countersignature=self.value("countersignature"),
        )
        statement = b"".join(
            (
                b"nganam/report/01",
                c.log_id,
                b"P1".ljust(16, b"\0"),
                bytes(16),
                struct.pack(">IIQQQ", 1, 3, 1, 1795722763319, 0),
                bytes(64),
                enrol.SerializeToString(),
            )
        )
        self.assertEqual(len(statement), 328)
        self.assertEqual(client.sha256(statement), self.value("SHA-256 of the statement"))
        signature = nacl.signing.SigningKey(b"\7" * 32).sign(statement).signature
        self.assertEqual(signature, self.value("signature"))
        header = b"nganam/entry/001" + struct.pack(">QQ32sI", 2, 1795722763400, key, len(statement))
        self.assertEqual(client.leaf_hash(header + statement + signature), self.value("leaf hash"))

    def test_what_persons_sign(self):
        log_id, an = self.value("log_id"), nacl.signing.SigningKey(b"\7" * 32)
        place = log_id + b"office".ljust(16, b"\0") + struct.pack(">IQI", 1, 2, 19) + bytes(16)
        acts = par_messages.load("par").Acts()
        survey = acts.acts.add().survey
        survey.year, survey.unit, survey.code, survey.value = 2026, "P1", "2.3", "2.5"
        acts.actor.account, acts.actor.signature = "an", bytes(64)
        payload = acts.SerializeToString()[:-64]
        self.assertEqual(payload, self.value("acts before"))
        signed = an.sign(b"nganam/acts/0001" + place + payload).signature
        self.assertEqual(signed, self.value("an's signature of them"))
        entry = client.queue.Actor(id="binh", role=2, key=self.value("new Ed25519 key"), after=5)
        self.assertEqual(entry.SerializeToString(), self.value("Actor before"))
        covered = b"nganam/admin/001" + log_id + struct.pack(">I", 10) + entry.SerializeToString()
        self.assertEqual(an.sign(covered).signature, self.value("an's signature of it"))


class Life(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        cls.stage.centre()
        cls.stage.units("PY,Phường Python,ward")
        cls.stage.criteria(stage.SMALL_SET)

    def setUp(self):
        self.verdicts = {}

    def slip(self, unit="PY"):
        return client.Slip(self.stage.office("invite", unit, "--json").json()["slip"])

    def report(self, c, code, value):
        acts = par_messages.load("par").Acts()
        act = acts.acts.add().report
        act.year, act.period, act.code, act.value = YEAR, str(YEAR), code, value
        return c.submit(*c.author(client.KIND_REPORT, acts.SerializeToString()))

    def verdict_of(self, c, index):
        """Reads the inbox until the office has judged this leaf; one fetch may bring several verdicts."""
        for _ in range(20):
            if index in self.verdicts:
                return self.verdicts[index]
            for _, kind, author, payload in c.fetch(wait_ms=5000):
                if kind == par_messages.KIND_VERDICT:
                    self.assertEqual(author, "office")
                    for act in par_messages.load("par").Acts.FromString(payload).acts:
                        self.verdicts[act.verdict.index] = act.verdict
        self.fail("no verdict came")
        return None

    def test_enrol_report_receipt_verdict(self):
        c = client.Client(self.slip())
        c.enrol()
        kinds = [kind for _, kind, _, _ in c.fetch()]
        self.assertIn(18, kinds, "the criteria are in everybody's inbox")
        good, bad = self.report(c, "1.1", "4.5"), self.report(c, "1.1", "99")
        self.assertEqual(self.verdict_of(c, good).accepted, 1)
        verdict = self.verdict_of(c, bad)
        self.assertEqual(
            (verdict.accepted, verdict.findings[0].reason, verdict.findings[0].argument),
            (0, 3, "5"),
        )
        board = self.stage.office_caught_up()
        row = next(row for row in board["rows"] if row["unit"] == "PY")
        self.assertEqual(float(row["points"]), 4.5)
        self.refuses_what_is_tampered_with(c)

    def refuses_what_is_tampered_with(self, c):
        statement, signature = c.author(client.KIND_REPORT, b"")
        c.submit(statement, signature)
        receipt = c.receipts[c.seq]
        c.verify_receipt(receipt, statement)
        altered = statement[:-1] + bytes([statement[-1] ^ 1])
        for bytes_of, text in (
            (altered, receipt),
            (statement, receipt.replace("index ", "index 1", 1)),
            (statement, receipt.replace("extra ", "extra AAAA", 1)),
            (statement, self.with_another_hash(receipt)),
        ):
            with self.assertRaises((client.Lie, client.BadSignatureError)):
                c.verify_receipt(text, bytes_of)
        head = client.queue.Head(
            note=c.note.replace(f"\n{c.size}\n", f"\n{c.size + 1}\n"), from_size=c.size
        )
        with self.assertRaises(client.Lie):
            c.take_head(head)

    def with_another_hash(self, receipt):
        lines = receipt.split("\n")
        lines[3] = client.text64(bytes(32))
        return "\n".join(lines)

    def test_a_heartbeat_is_logged_and_nothing_hangs_on_it(self):
        c = client.Client(self.slip())
        c.enrol()
        beat = client.queue.Heartbeat(version="1.0").SerializeToString()
        index = c.submit(*c.author(12, beat))
        shown = self.stage.broker("log", "show", index, "--json").json()
        self.assertEqual(
            (shown["kind_name"], shown["author"], shown["seq"], shown["content"]),
            ("heartbeat", "PY", c.seq, {"version": "1.0"}),
        )
        self.stage.office_caught_up()
        status = self.stage.office("status", "--json").json()
        self.assertEqual((status["unknown"], status["unreadable"]), (0, 0))
        self.assertEqual(status["silent"], [])
        with self.assertRaisesRegex(RuntimeError, "refused 49"):
            c.submit(*c.author(12, b"\x0a\x40" + 64 * b"v"))

    def test_the_credit(self):
        """Within it every request is answered, round after round; above it proved or told busy."""
        c = client.Client(self.slip())
        c.enrol()
        statement, signature = c.author(client.KIND_REPORT, b"")
        c.submit(statement, signature)
        again = client.queue.Submit(
            statements=[client.queue.Signed(statement=statement, signature=signature)]
        )
        proof = client.queue.Prove(inclusion=client.queue.Inclusion(index=0, size=1))
        for _ in range(20):
            asked = {c.send(submit=again) for _ in range(4)} | {c.send(prove=proof) for _ in range(4)}
            answers = [c.receive() for _ in asked]
            self.assertEqual({answer.id for answer in answers}, asked)
            kinds = [answer.WhichOneof("body") for answer in answers]
            self.assertEqual((kinds.count("submitted"), kinds.count("proof")), (4, 4))
        asked = [c.send(prove=proof) for _ in range(9)]
        answers = [c.receive() for _ in asked]
        self.assertEqual([answer.id for answer in answers], asked)
        self.assertLessEqual(4, sum(1 for a in answers if a.WhichOneof("body") == "proof"))
        self.assertLessEqual({a.error.code for a in answers if a.HasField("error")}, {7})

    def test_who_does_not_read_is_told_hello_first(self):
        c = client.Client(self.slip())
        c.enrol()
        proof = client.queue.Prove(inclusion=client.queue.Inclusion(index=0, size=1))
        c.socket.rcvtimeo = 500
        for _ in range(50):  # in one go, above every queue on the way
            for _ in range(200):
                c.send(prove=proof)
            try:
                while (answer := c.receive()).error.code != 2:
                    pass
            except client.zmq.Again:
                continue
            break
        self.assertEqual(answer.error.code, 2, "the broker never forgot us")
        c.socket.rcvtimeo = 40000
        c.ask(hello=client.queue.Hello(protocol=client.PROTOCOL, head=c.note))
        c.ask(prove=proof)

    def test_a_slip_is_good_once(self):
        slip = self.slip()
        client.Client(slip).enrol()
        late = client.Client(slip, timeout_ms=3000)
        with self.assertRaises(client.zmq.Again, msg="the door was opened with a used slip"):
            late.connect(slip.curve)


if __name__ == "__main__":
    stage.main()
