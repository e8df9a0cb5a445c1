"""Goal: a flipped bit or a file cut short, wherever it lies, never gives a silent wrong answer: what is
read is what was written, or an error. Nothing is signed or proved on top of damage, and "log verify"
lives through it and says where it is.
Method: a whole town is stopped and every answer kept. Then, NGANAM_CYCLES times for each file of each
data directory, a copy is damaged (one bit, many bits, a sector of zeros, a missing end), everything is
read again with the programs, and on a damaged broker one statement more is submitted by a client that
checks every head and proof (client.py). The seed is printed.
What it may find and nothing closes: when the number of a store's newest commit loses a bit, LMDB takes
the other meta page, and the answers are those of one commit before (tests/store/test_store_damage.c).
"""
import collections
import copy
import os
import random
import re
import shutil

import client
import stage
from stage import DONE, NO, STORAGE, YEAR, programs

ROUNDS = int(os.environ.get("NGANAM_CYCLES", 3))
ENDS_WITHIN = 30


# ---- Damage: (name, function of the bytes and a random source) ----


def one_bit(data, rng):
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def many_bits(data, rng):
    for _ in range(rng.randrange(2, 200)):
        one_bit(data, rng)


def lost_sector(data, rng):
    at = rng.randrange(len(data)) // 512 * 512
    data[at : at + 512] = bytes(len(data[at : at + 512]))


def cut_short(data, rng):
    del data[rng.randrange(len(data)) :]


DAMAGES = (one_bit, one_bit, many_bits, lost_sector, cut_short)


class DamageTest(stage.TownTest):
    NAME = None  # the folder that is damaged

    @classmethod
    def setUpStage(cls):
        cls.rng = random.Random(stage.seed())
        cls.ends = collections.Counter()
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward", "B,Phường B,ward", "C,Phường C,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")
        s.enrol("B")
        cls.client = client.Client(
            client.Slip(s.office("invite", "C", "--json").json()["slip"]), timeout_ms=2000
        )
        cls.client.enrol()
        for number in range(12):
            unit = "AB"[number % 2]
            s.agent(unit, "report", "--year", YEAR, "1.1", f"value={number % 5}")
            s.agent(unit, "report", "--year", YEAR, "1.2", "choice=half", "explanation=" + "x" * 99)
            s.agent(unit, "send")
        cls.size = s.office_caught_up()["log_size"]
        cls.client.fetch()
        for service in reversed(s.services):
            service.stop()
        s.services.clear()
        s.agent("A", "status")
        shutil.move(s.data(cls.NAME), s.data("sound"))
        cls.restore()
        cls.known = {words: cls.read(words) for words in cls.questions()}
        for words, answer in cls.known.items():
            assert answer.status == DONE, answer
        cls.restore()

    @classmethod
    def restore(cls):
        shutil.rmtree(cls.stage.data(cls.NAME), ignore_errors=True)
        shutil.copytree(
            cls.stage.data("sound"), cls.stage.data(cls.NAME), ignore=shutil.ignore_patterns("wake")
        )

    @classmethod
    def read(cls, words):
        program = cls.NAME if cls.NAME in ("broker", "office") else "agent"
        return programs.run(
            program, *words, data=cls.stage.data(cls.NAME), check=False, timeout=ENDS_WITHIN
        )

    @classmethod
    def files(cls):
        sound = cls.stage.data("sound")
        return sorted(
            path.relative_to(sound)
            for path in sound.rglob("*")
            if path.is_file() and path.stat().st_size > 0
        )

    def compare(self, words):
        """What a reader is told: the truth or an error. Returns its status."""
        answer = self.read(words)
        if answer.status == DONE and not self.says_lost(words, answer):
            self.assertEqual(answer.out, self.known[words].out, f"a wrong answer: {answer.line()}")
        elif answer.status != DONE:
            self.assertIn(answer.status, (NO, STORAGE), f"a crash: {answer}")
            self.assertEqual(len(answer.err.strip().splitlines()), 1, f"an error is one line: {answer}")
        self.assertNotRegex(answer.err, r"Sanitizer|runtime error", str(answer))
        self.ends[answer.status] += 1
        return answer.status

    def says_lost(self, words, answer):
        return False

    def each_damage(self):
        for file in self.files():
            for number in range(ROUNDS):
                damage = self.rng.choice(DAMAGES)
                with self.subTest(f"{self.NAME}/{file}, round {number}: {damage.__name__}"):
                    self.restore()
                    path = self.stage.data(self.NAME) / file
                    data = bytearray(path.read_bytes())
                    damage(data, self.rng)
                    path.write_bytes(data)
                    self.judge(file)
        print(f"{self.NAME}: {ROUNDS} rounds for each of {len(self.files())} files; {dict(self.ends)}")

    def judge(self, file):
        for words in self.known:
            self.compare(words)


class Broker(DamageTest):
    NAME = "broker"

    def test(self):
        self.each_damage()
        self.assertGreater(self.ends["statement logged"], 0, "no damaged broker took anything: nothing was tried")

    @classmethod
    def questions(cls):
        shown = [("log", "show", str(index), "--json") for index in range(0, cls.size, 5)]
        return [
            ("log", "head", "--json"),
            ("log", "list", "--json"),
            ("log", "prove", "inclusion", str(cls.size // 2), str(cls.size)),
            ("log", "prove", "consistency", str(cls.size // 3), str(cls.size)),
            *shown,
        ]

    def judge(self, file):
        verified = self.verify()
        failed = [words for words in self.known if self.compare(words) != DONE]
        if verified.status == DONE:
            self.assertFalse(failed, "verify found nothing")
        self.submit_one()

    def verify(self):
        verified = self.read(("log", "verify"))
        self.assertIn(verified.status, (DONE, NO, STORAGE), f"verify: {verified}")
        if verified.status == NO:
            self.assertRegex(verified.out + verified.err, r"entry \d+: |: the store is empty")
        elif verified.status == STORAGE:
            self.assertEqual(len(verified.err.strip().splitlines()), 1, str(verified))
        return verified

    def test_the_damaged_entry_is_named(self):
        """One bit of one leaf, which is known: of all entries that are named it is the first."""
        for index in self.rng.sample(range(self.size), min(self.size, 4 * ROUNDS)):
            with self.subTest(f"entry {index}"):
                self.restore()
                at = self.damage_leaf(index)
                verified = self.verify()
                named = [int(entry) for entry in re.findall(r"entry (\d+): ", verified.out)]
                self.assertEqual(verified.status, NO)
                self.assertEqual(named[:1], [index], f"byte {at}: {verified}")

    def damage_leaf(self, index):
        """Wherever it stands in the file, old pages too."""
        path = self.stage.data(self.NAME) / "log" / "data.mdb"
        data = bytearray(path.read_bytes())
        begin = b"nganam/entry/001" + index.to_bytes(8, "big")
        places = [match.start() for match in re.finditer(re.escape(begin), data)]
        self.assertTrue(places, "the leaf is not in the file")
        length = client.LEAF.unpack_from(data, places[0])[-1]
        at = self.rng.randrange(client.LEAF.size + length + 64)
        bit = 1 << self.rng.randrange(8)
        for place in places:
            data[place + at] ^= bit
        path.write_bytes(data)
        return at

    def submit_one(self):
        """Nothing is signed on a wrong root: a head must extend the one the client knows. The folder is a
        copy, and its operator has said that it lacks nothing."""
        self.read(("restore", "--accept"))
        service = programs.Service(
            "broker",
            "serve",
            *stage.at_once("broker"),
            data=self.stage.data("broker"),
            log=self.stage.folder / "damaged.log",
            ready_within=0,
        )
        self.stage.services.append(service)
        party = copy.copy(self.client)
        party.socket = None
        try:
            service.wait_ready(ENDS_WITHIN)
            party.connect(party.curve)
            party.submit(*party.author(client.KIND_REPORT, b"one more"))
            self.ends["statement logged"] += 1
        except (programs.CommandFailed, RuntimeError, client.zmq.ZMQError):
            self.ends["statement not logged"] += 1
        finally:
            if party.socket is not None:
                party.socket.close(0)
            service.kill()
            self.stage.services.remove(service)


class Agent(DamageTest):
    NAME = "A"
    test = DamageTest.each_damage

    @classmethod
    def questions(cls):
        return [
            ("status", "--json"),
            ("receipts", "--json"),
            *(("receipts", "--export", str(seq)) for seq in (1, 3, 7)),
            ("inbox", "--json"),
        ]


class Office(DamageTest):
    NAME = "office"
    test = DamageTest.each_damage

    @classmethod
    def questions(cls):
        board = ("board", "--year", str(YEAR), "--group", "ward", "--json")
        return [
            board,
            (*board, "--basis", "self"),
            (*board, "--at", str(cls.size - 5)),
            ("explain", "A", "--year", str(YEAR), "--json"),
            ("status", "--json"),
            ("rebuild", "--check"),
        ]

    def says_lost(self, words, answer):
        """A state of which not even the beginning is left is begun again, and says how far it is."""
        if words[0] == "status":
            return answer.json()["mirrored"] == 0
        return words[0] == "rebuild" and "the 0 messages" in answer.out


if __name__ == "__main__":
    stage.main()
