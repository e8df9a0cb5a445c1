"""Goal: what a unit cannot deliver itself reaches the log by another's hand, once however often and by
whichever road it comes, and its receipts find their way back; a file that is damaged, of another log
or of a key that is good for nothing more is refused in words, and the log is as before.
Method: real programs on one broker. P writes bundles, Q and the office submit them, beside the running
service or without one; what the log has of P is counted after each road.
"""
import hashlib
import os
import shutil
import stat
import struct
import subprocess

import stage
from stage import DONE, NO, PEER, USAGE, YEAR

HASH_SIZE = 32


def pieces(path):
    """(party, epoch, [item]) of a bundle or a file of receipts, read as docs/disk-format.md says."""
    data = path.read_bytes()
    body, check = data[:-HASH_SIZE], data[-HASH_SIZE:]
    assert hashlib.sha256(body).digest() == check
    epoch, count, files, origin_size = struct.unpack_from(">IIIB", body, 32)
    assert files == 0
    at = 45 + origin_size
    items = []
    while at < len(body):
        (size,) = struct.unpack_from(">I", body, at)
        items.append(body[at + 4 : at + 4 + size])
        at += 4 + size
    assert at == len(body) and len(items) == count
    return body[16:32].rstrip(b"\0").decode(), epoch, items


def sealed(body):
    return body + hashlib.sha256(body).digest()


class Bundles(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units(*(f"{unit},Phường {unit},ward" for unit in ("P", "Q", "R", "D", "E", "F", "O", "MANY")))
        s.criteria(stage.SMALL_SET)
        for unit in ("P", "Q", "R"):
            s.enrol(unit)

    def report(self, unit, value, code="1.1"):
        answer = self.stage.agent(unit, "report", "--year", YEAR, code, f"value={value}", "--json")
        return answer.json()["seq"]

    def bundle(self, unit, name):
        path = self.stage.data(name)
        return path, self.stage.agent(unit, "bundle", path, "--json").json()

    def submit(self, unit, path, **options):
        return self.stage.agent(unit, "submit", path, "--json", **options)

    def logged(self, unit):
        """[seq] of this author in the log, in its order."""
        entries = self.stage.broker("log", "list", "--json").json()["entries"]
        return [entry["seq"] for entry in entries if entry["author"] == unit]

    def settled(self, unit):
        """Everything of the unit is in the log once, in order, and its agent knows."""
        status = self.stage.agent(unit, "status", "--json").json()
        self.assertEqual(status["outbox"], 0)
        self.assertEqual(self.logged(unit), list(range(1, status["delivered"] + 1)))

    def test_it_counts_once_by_every_road(self):
        s = self.stage
        self.report("P", 1), self.report("P", 2)
        early, made = self.bundle("P", "early.bundle")
        self.assertEqual((made["statements"], made["left"], made["unit"]), (2, 0, "P"))
        self.assertEqual(stat.S_IMODE(os.stat(early).st_mode), 0o600)
        party, epoch, items = pieces(early)
        self.assertEqual((party, epoch, len(items)), ("P", 1, 2))
        self.report("P", 3), self.report("P", 4, "2.2")
        late, made = self.bundle("P", "late.bundle")
        self.assertEqual(made["statements"], 4)
        # Before those it stands on: told which come first, and nothing is taken.
        later, _ = self.cut_front(late, 2)
        gap = self.submit("Q", later, check=False)
        self.refused(gap, NO, f"statements {made['first']} to {made['first'] + 1} of P", "first")
        self.assertEqual(self.logged("P"), [1])
        # By Q, again by Q, by the office beside its service; then the longer one, and by P itself.
        first = self.submit("Q", early).json()
        self.assertEqual((first["accepted"], first["statements"]), (2, 2))
        self.assertEqual(self.logged("P"), [1, 2, 3])
        again = self.submit("Q", early).json()
        self.assertEqual(again["accepted"], 2)
        by_office = s.office("submit", late, "--json").json()
        self.assertEqual((by_office["unit"], by_office["accepted"]), ("P", 4))
        self.assertEqual(self.logged("P"), [1, 2, 3, 4, 5])
        self.assertEqual(s.agent("P", "status", "--json").json()["outbox"], 4)
        s.agent("P", "send")
        self.settled("P")
        self.submit("R", late)
        self.submit("P", late)
        self.settled("P")
        row = next(row for row in s.office_caught_up()["rows"] if row["unit"] == "P")
        self.assertEqual(float(row["points"]), 3 + 3)

    def cut_front(self, path, count):
        """The same bundle without its first statements, its check sum put right."""
        body = path.read_bytes()[:-HASH_SIZE]
        at = 45 + body[44]
        for _ in range(count):
            at_size = struct.unpack_from(">I", body, at)[0]
            body = body[:at] + body[at + 4 + at_size :]
        total = struct.unpack_from(">I", body, 36)[0] - count
        cut = self.stage.write("cut.bundle", sealed(body[:36] + struct.pack(">I", total) + body[40:]))
        return cut, total

    def test_receipts_come_back_by_hand(self):
        s = self.stage
        for value in (1, 2, 3):
            self.report("R", value)
        path, _ = self.bundle("R", "r.bundle")
        self.submit("Q", path)
        answer = s.data("r.bundle.receipts")
        self.assertEqual(stat.S_IMODE(os.stat(answer).st_mode), 0o600)
        party, _, items = pieces(answer)
        self.assertEqual((party, len(items)), ("R", 3))
        # Another's, and one that says what it may not: nothing of them is kept.
        self.refused(s.agent("Q", "receipts", "--import", answer, check=False), USAGE, "receipts of R")
        for spoiled in self.spoiled_answers(answer):
            self.refused(
                s.agent("R", "receipts", "--import", spoiled, check=False), NO, "does not hold"
            )
            self.assertEqual(s.agent("R", "status", "--json").json()["outbox"], 3)
        news = s.agent("R", "receipts", "--import", answer, "--json").json()
        self.assertEqual((news["imported"], news["known"], news["outbox"]), (3, 0, 0))
        news = s.agent("R", "receipts", "--import", answer, "--json").json()
        self.assertEqual((news["imported"], news["known"]), (0, 3))
        self.refused(s.agent("R", "bundle", s.data("none"), check=False), NO, "nothing waits")
        self.settled("R")
        s.agent("R", "receipts", "--export", 2)

    def spoiled_answers(self, answer):
        """The receipt of a statement under another's number; another index; another log's head."""
        body = bytearray(answer.read_bytes()[:-HASH_SIZE])
        at = 45 + body[44] + 4
        moved = bytes(body[:at]) + struct.pack(">Q", 3) + bytes(body[at + 8 :])
        index = bytes(body).replace(b"\nindex ", b"\nindex 1", 1)
        size = struct.unpack_from(">I", body, at - 4)[0]
        index = index[: at - 4] + struct.pack(">I", size + 1) + index[at:]
        key = bytearray(body)
        key[bytes(body).rindex(b"=\n") - 3] ^= 1
        for n, made in enumerate((moved, index, bytes(key))):
            yield self.stage.write(f"spoiled{n}.receipts", sealed(made))

    def test_more_than_a_frame_holds(self):
        s = self.stage
        s.enrol("MANY")
        for n in range(70):
            self.report("MANY", n % 5)
        path, made = self.bundle("MANY", "many.bundle")
        self.assertEqual(made["statements"], 70)
        self.assertEqual(self.submit("Q", path).json()["accepted"], 70)
        s.agent("MANY", "receipts", "--import", f"{path}.receipts")
        self.settled("MANY")

    def test_what_is_damaged_or_foreign_is_refused(self):
        s = self.stage
        s.enrol("D")
        self.report("D", 1), self.report("D", 2)
        path, _ = self.bundle("D", "d.bundle")
        whole = path.read_bytes()
        before = s.log_size()
        for size in (0, 15, 44, 100, len(whole) - 1):
            cut = self.submit("Q", s.write("bad.bundle", whole[:size]), check=False)
            self.refused(cut, USAGE if size < 16 else NO, "bundle" if size < 16 else "damaged")
        for at in range(16, len(whole), 37):
            flipped = bytearray(whole)
            flipped[at] ^= 1 << at % 8
            self.refused(self.submit("Q", s.write("bad.bundle", bytes(flipped)), check=False), NO, "damaged")
        # Its check sum put right: another log, another author, a statement that was changed.
        origin = sealed(whole[:-HASH_SIZE].replace(stage.ORIGIN.encode(), b"best.example/log", 1))
        self.refused(self.submit("Q", s.write("bad.bundle", origin), check=False), NO, "belongs to the log")
        author = sealed(whole[:16] + b"Q" + whole[17:-HASH_SIZE])
        self.refused(self.submit("Q", s.write("bad.bundle", author), check=False), NO, "item 1")
        item = 45 + whole[44]
        size = struct.unpack_from(">I", whole, item)[0]
        changed = bytearray(whole[:-HASH_SIZE])
        changed[item + 4 + size - 1] ^= 1  # the first statement: the second no longer follows it
        self.refused(
            self.submit("Q", s.write("bad.bundle", sealed(bytes(changed))), check=False), NO, "item 2"
        )
        changed = bytearray(whole[:-HASH_SIZE])
        changed[item + 4] ^= 1  # the first signature
        forged = self.submit("Q", s.write("bad.bundle", sealed(bytes(changed))), check=False)
        self.refused(forged, NO, "statement 2 of D (signature)")
        self.assertEqual(forged.json()["accepted"], 0)
        self.assertFalse(s.data("bad.bundle.receipts").exists())
        self.assertEqual(s.log_size(), before)
        self.refused(s.agent("Q", "submit", s.data("none.bundle"), check=False), NO, "none.bundle")

    def test_a_forked_author_is_stopped(self):
        s = self.stage
        s.enrol("F")
        shutil.copytree(s.data("F"), s.data("F2"), ignore=shutil.ignore_patterns("wake"))
        self.report("F", 1)
        path, _ = self.bundle("F", "f.bundle")
        self.report("F2", 2)
        s.agent("F2", "send")
        fork = self.submit("Q", path, check=False)
        self.refused(fork, NO, "statement 2 of F (fork)")
        self.refused(s.office("submit", path, check=False), NO, "statement 2 of F (frozen)")
        self.assertEqual(self.logged("F"), [1, 2])

    def test_an_empty_outbox_says_so(self):
        s = self.stage
        s.enrol("E")
        s.agent("E", "send")
        self.refused(s.agent("E", "bundle", s.data("e.bundle"), check=False), NO, "nothing waits")
        self.assertFalse(s.data("e.bundle").exists())

    def test_who_submits_the_own_bundle_has_the_receipts(self):
        s = self.stage
        s.enrol("O")
        self.report("O", 1)
        program = stage.programs.bin_folder() / "nganam-agent"
        subprocess.run(
            [program, "bundle", "--data", s.data("O")], cwd=s.folder, capture_output=True, timeout=60, check=True
        )
        path = s.data("O-1-2-2.bundle")
        self.assertEqual(self.submit("O", path).json()["accepted"], 1)
        self.settled("O")


class Weeks(stage.TownTest):
    """No broker: the bundle waits, and the road is taken when it is back."""

    @classmethod
    def setUpStage(cls):
        s = cls.stage
        cls.broker, _ = s.centre()
        s.units("P,Phường P,ward", "Q,Phường Q,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("P"), s.enrol("Q")

    def test_no_broker_and_back(self):
        s = self.stage
        self.broker.stop(20)
        s.agent("P", "report", "--year", YEAR, "1.1", "value=2")
        path = s.data("p.bundle")
        s.agent("P", "bundle", path)
        away = s.agent("Q", "submit", path, "--timeout", 2, check=False)
        self.refused(away, PEER, "did not answer in time")
        self.assertFalse(s.data("p.bundle.receipts").exists())
        s.serve("broker")
        self.assertEqual(s.agent("Q", "submit", path).status, DONE)
        s.agent("P", "receipts", "--import", f"{path}.receipts")
        self.assertEqual(s.agent("P", "status", "--json").json()["outbox"], 0)


if __name__ == "__main__":
    stage.main()
