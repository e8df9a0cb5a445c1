"""Goal: evidence files reach the broker in a bundle by another's hand, as the owner's and within the
owner's quota, once however often; the log's word that they are stored comes back; nothing that is cut,
altered or cited by nobody is taken.
Method: the real programs; A has no line, B and the office carry. Bundles are changed as
docs/disk-format.md says they are made, and a client written from PROTOCOL.md puts for others.
"""
import hashlib
import secrets
import struct

import stage
import test_evidence
from client import Client, Slip
from stage import DONE, NO, YEAR
from test_evidence import CHUNK, SALT, pdf

HASH_SIZE = 32
UNCITED = 18  # PROTOCOL.md, errors
ROW = ">32sQIQ"


def sealed(body):
    return body + hashlib.sha256(body).digest()


def front(data):
    """(everything before the rows, [row], the blobs) of a bundle."""
    count, files, origin_size = struct.unpack_from(">IIB", data, 36)
    at = 45 + origin_size
    for _ in range(count):
        at += 4 + struct.unpack_from(">I", data, at)[0]
    end = at + files * struct.calcsize(ROW)
    rows = list(struct.iter_unpack(ROW, data[at:end]))
    assert hashlib.sha256(data[:end]).digest() == data[end : end + HASH_SIZE]
    return data[:at], rows, data[end + HASH_SIZE :]


def bundle_of(before, rows, blobs):
    before = before[:40] + struct.pack(">I", len(rows)) + before[44:]
    return sealed(before + b"".join(struct.pack(ROW, *row) for row in rows)) + blobs


class Carried(test_evidence.Evidence):
    @classmethod
    def setUpStage(cls):
        super().setUpStage()
        cls.stage.enrol("B")

    def bundle(self, name, *options):
        path = self.stage.data(name)
        return path, self.stage.agent("A", "bundle", path, *options, "--json").json()

    def submit(self, path, **options):
        return self.stage.agent("B", "submit", path, "--json", **options)

    def owned(self, unit):
        """(files, bytes) the broker counts for a unit."""
        units = self.stage.broker("evidence", "--json").json()["units"]
        return next(((u["files"], u["bytes"]) for u in units if u["unit"] == unit), (0, 0))

    def settle(self):
        self.send()
        self.assertEqual(self.waiting()["waiting"], 0)


class Road(Carried):
    def test_a_file_goes_with_its_statement_and_the_word_comes_back(self):
        s = self.stage
        before = self.owned("A")
        large, small = pdf(3 * CHUNK + 7, 1), pdf(200, 2)
        self.task("A", self.file("lớn.pdf", large), self.file("nhỏ.pdf", small), percent=10)
        path, made = self.bundle("a.bundle")
        self.assertEqual(made["statements"], 1)
        size = len(large) + len(small) + 2 * SALT
        self.assertEqual(made["evidence"], {"files": 2, "bytes": size, "left": 0})
        self.assertIn("2 evidence files", s.agent("A", "bundle", path, "--lang", "en").out)
        out = self.submit(path).json()
        self.assertEqual((out["accepted"], out["evidence"]["files"], out["evidence"]["stored"]), (1, 2, 2))
        self.assertEqual(self.owned("A"), (before[0] + 2, before[1] + size))
        self.assertEqual(self.owned("B"), (0, 0))
        for name in ("lớn.pdf", "nhỏ.pdf"):
            self.wait_state(name, "there")
        # Again, and by the office beside its service: nothing is stored twice.
        self.assertEqual(self.submit(path).json()["evidence"]["stored"], 2)
        by_office = s.office("submit", path, "--json").json()
        self.assertEqual(by_office["evidence"]["stored"], 2)
        self.assertEqual(self.owned("A"), (before[0] + 2, before[1] + size))
        self.assertEqual(self.waiting()["waiting"], 2)
        news = s.agent("A", "receipts", "--import", f"{path}.receipts", "--json").json()
        self.assertEqual((news["imported"], news["evidence"]), (1, {"stored": 2, "unproved": 0}))
        self.assertEqual(self.waiting(), {"waiting": 0, "bytes": 0})
        news = s.agent("A", "receipts", "--import", f"{path}.receipts", "--json").json()
        self.assertEqual(news["evidence"], {"stored": 0, "unproved": 0})
        self.refused(s.agent("A", "bundle", path, check=False), NO, "nothing waits")

    def test_evidence_may_go_later_than_its_statement(self):
        self.task("A", self.file("sau.pdf", pdf(300, 3)), percent=20)
        path, made = self.bundle("first.bundle", "--without-evidence")
        self.assertEqual(made["evidence"]["files"], 0)
        self.assertEqual(self.submit(path).json()["evidence"]["files"], 0)
        self.stage.agent("A", "receipts", "--import", f"{path}.receipts")
        path, made = self.bundle("second.bundle")
        self.assertEqual((made["statements"], made["first"], made["evidence"]["files"]), (0, None, 1))
        self.assertEqual(self.submit(path).json()["evidence"]["stored"], 1)
        self.wait_state("sau.pdf", "there")
        self.stage.agent("A", "receipts", "--import", f"{path}.receipts")
        self.assertEqual(self.waiting()["waiting"], 0)

    def test_a_carrier_that_lies_about_the_stored_takes_nothing_away(self):
        self.task("A", self.file("nói dối.pdf", pdf(400, 4)), percent=30)
        path, _ = self.bundle("lie.bundle")
        self.submit(path)
        answer = self.stage.data("lie.bundle.receipts")
        body = bytearray(answer.read_bytes()[:-HASH_SIZE])
        body[-1] ^= 1
        answer.write_bytes(sealed(bytes(body)))
        news = self.stage.agent("A", "receipts", "--import", answer, "--json").json()
        self.assertEqual((news["imported"], news["evidence"]), (1, {"stored": 0, "unproved": 1}))
        self.assertEqual(self.waiting()["waiting"], 1)
        self.settle()

    def test_what_is_cut_or_damaged_is_refused_before_anything_is_sent(self):
        self.task("A", self.file("hỏng.pdf", pdf(2000, 5)), percent=40)
        path, _ = self.bundle("bad.bundle")
        whole, size = path.read_bytes(), self.stage.log_size()
        _, _, blobs = front(whole)
        edge = len(whole) - len(blobs)
        spoiled = [whole[:-1], whole[:edge], whole[: edge + 100], whole + b"x"]
        for at in (edge, edge + SALT + 9, len(whole) - 1, edge - HASH_SIZE - 10, edge - 1):
            changed = bytearray(whole)
            changed[at] ^= 1
            spoiled.append(bytes(changed))
        for data in spoiled:
            path.write_bytes(data)
            self.refused(self.submit(path, check=False), NO, "damaged")
        self.assertEqual(self.stage.log_size(), size)
        self.assertFalse(self.stage.data("bad.bundle.receipts").exists())
        self.settle()

    def test_what_nobody_cites_is_not_taken(self):
        self.task("A", self.file("thật.pdf", pdf(500, 6)), percent=50)
        path, _ = self.bundle("swap.bundle")
        before, rows, _ = front(path.read_bytes())
        owned = self.owned("A")
        blob = secrets.token_bytes(SALT) + pdf(500, 7)
        row = (hashlib.sha256(blob).digest(), len(blob), *rows[0][2:])
        path.write_bytes(bundle_of(before, [row], blob))
        out = self.submit(path, check=False)
        self.refused(out, NO, "not all evidence is taken")
        said = out.json()
        self.assertEqual((said["accepted"], said["evidence"]["stored"]), (1, 0))
        self.assertEqual(self.owned("A"), owned)
        self.assertEqual(self.owned("B"), (0, 0))
        self.settle()


class Quota(Carried):
    quota = ("--evidence-count", 2)

    def test_the_quota_is_the_owners(self):
        """A's is used up by what B carries; B's own is not."""
        s = self.stage
        self.task("A", *(self.file(f"{n}.pdf", pdf(100, n)) for n in range(3)), percent=10)
        path, made = self.bundle("a.bundle")
        self.assertEqual(made["evidence"]["files"], 3)
        out = self.submit(path, check=False)
        self.refused(out, NO, "as many files")
        said = out.json()
        self.assertEqual((said["accepted"], said["evidence"]["stored"]), (1, 2))
        s.agent("A", "receipts", "--import", f"{path}.receipts")
        self.assertEqual(self.waiting()["waiting"], 1)
        self.assertEqual((self.owned("A")[0], self.owned("B")[0]), (2, 0))
        s.agent("B", "task", "T1", "--percent", 5, "--evidence", self.file("b.pdf", pdf(100, 9)))
        self.assertEqual(self.send("B").status, DONE)
        self.assertEqual(self.owned("B")[0], 1)


class Hostile(Carried):
    """A client of its own, written from PROTOCOL.md, as unit C."""

    @classmethod
    def setUpStage(cls):
        super().setUpStage()
        cls.stage.units("C,Phường C,ward")
        cls.client = Client(Slip(cls.stage.office("invite", "C", "--json").json()["slip"]))
        cls.client.enrol()

    def put(self, blob, **owner):
        put = {"id": hashlib.sha256(blob).digest(), "size": len(blob), "bytes": blob, **owner}
        answer = self.client.exchange(put=put)
        kind = answer.WhichOneof("body")
        return -answer.error.code if kind == "error" else answer.stored

    def test_only_what_a_logged_statement_of_the_owner_cites(self):
        s = self.stage
        self.task("A", self.file("của A.pdf", pdf(600, 8)), percent=60)
        s.agent("A", "bundle", s.data("c.bundle"))
        _, rows, blob = front(s.data("c.bundle").read_bytes())
        _, _, epoch, seq = rows[0]
        owner = {"owner": "A", "epoch": epoch, "seq": seq}
        self.assertEqual(self.put(blob, **owner), -UNCITED)  # its statement is not in the log yet
        self.submit(s.data("c.bundle"))
        self.wait_state("của A.pdf", "there")
        again = secrets.token_bytes(SALT) + pdf(600, 9)
        for wrong in (
            owner,  # a statement that cites another
            {**owner, "seq": 1},
            {**owner, "seq": 1 << 60},
            {**owner, "epoch": 9},
            {**owner, "owner": "B"},
            {**owner, "owner": "log", "seq": 1},
            {**owner, "owner": "x" * 300},
        ):
            self.assertEqual(self.put(again, **wrong), -UNCITED, wrong)
        self.assertEqual(self.owned("C"), (0, 0))
        # What it cites itself it may put by that name, too, and has the log's word for it.
        piece = {"name": "c.pdf", "size": 600, "id": hashlib.sha256(again).hexdigest(), "type": "pdf"}
        self.client.progress("T1", YEAR, percent=1, evidence=[piece])
        stored = self.put(again, owner="C", epoch=1, seq=self.client.seq)
        message = b"nganam/stored/01" + self.client.log_id + hashlib.sha256(again).digest()
        self.assertTrue(self.client.holds(self.client.slip.log_key, message, stored.proof))
        self.assertFalse(self.client.holds(self.client.slip.log_key, message + b"x", stored.proof))


if __name__ == "__main__":
    stage.main()
