"""Goal: an export is what docs/AUDIT.md says, whole after any interruption, and no change of it goes unfound,
by our program and by the program on that page, which shares no code with ours.
Method: a log of several hundred entries is exported while it grows, compared with a fresh export, killed in
the middle, and changed in NGANAM_CYCLES × 12 ways. The seed is printed.
"""
import base64
import collections
import filecmp
import json
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time

import audit
import client
import par_messages
import stage
from stage import DONE, NO, STORAGE, YEAR, programs
from tree import leaf_hash, node

ROUNDS = int(os.environ.get("NGANAM_CYCLES", 3)) * 12
WIDTH = 256
COSIGNED = ("vkeys", "policy", "cosigned")  # who vouches beside the log: the broker knows, and it goes on


def report(number):
    par = par_messages.load("par")
    acts = par.Acts()
    act = acts.acts.add().report
    act.year, act.code, act.value = YEAR, "1.1", str(number % 5)
    return acts.SerializeToString()


def name(level, number, width):
    """Of a tile below number 1,000."""
    return f"tile/{level}/{number:03}" + (f".p/{width}" if width < WIDTH else "")


def entries_of(bundle):
    entries = []
    while bundle:
        size = int.from_bytes(bundle[:2], "big")
        entries.append(bundle[2 : 2 + size])
        bundle = bundle[2 + size :]
    return entries


def bundle_of(entries):
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def layout(entries):
    """The tiles and bundles of these entries, {name: bytes}, and their root."""
    files = {}
    level, below = 0, [leaf_hash(entry) for entry in entries]
    row = below
    for at in range(0, len(entries), WIDTH):
        some = entries[at : at + WIDTH]
        files[name("entries", at // WIDTH, len(some))] = bundle_of(some)
    alone = []
    while row:
        if level % 8 == 0:
            for at in range(0, len(row), WIDTH):
                tile = row[at : at + WIDTH]
                files[name(level // 8, at // WIDTH, len(tile))] = b"".join(tile)
        if len(row) % 2:
            alone.append(row[-1])
        row = [node(*row[i : i + 2]) for i in range(0, len(row) - 1, 2)]
        level += 1
    root = alone[0]
    for left in alone[1:]:
        root = node(left, root)
    return files, root


class AuditTest(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        cls.rng = random.Random(stage.seed())
        cls.scratch = tempfile.mkdtemp(prefix="nganam-audit-")
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)
        cls.script = audit.save(cls.scratch, "python", "py")
        s = cls.stage
        s.init_broker()
        s.serve("broker")
        s.office("init", s.made["office_slip"])
        s.units("A,Phường A,ward", "B,Phường B,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")
        slip = s.office("invite", "B", "--json").json()["slip"]
        cls.client = client.Client(client.Slip(slip))
        cls.client.enrol()
        cls.key = s.made["log_vkey"]

    @classmethod
    def grow(cls, count):
        for number in range(count):
            cls.client.submit(*cls.client.author(client.KIND_REPORT, report(number)))

    def export(self, folder, *arguments, **options):
        return self.stage.broker("log", "export", folder, *arguments, **options)

    def verify(self, folder, *arguments):
        """Far from the broker's folder."""
        return programs.run(
            "broker", "log", "verify", "--export", folder, *arguments, data="/nonexistent", check=False
        )

    def whole(self, folder, size):
        answer = self.verify(folder, "--vkey", self.key, "--json")
        self.assertEqual(answer.status, DONE, str(answer))
        self.assertEqual(answer.json()["leaves"], size)
        status, words = audit.python(self.script, folder, self.key)
        self.assertEqual((status, words), (0, f"{size} entries, every one whole.\n"))

    def same(self, one, other):
        compared = filecmp.dircmp(one, other)
        pending = [compared]
        while pending:
            c = pending.pop()
            self.assertEqual((c.left_only, c.right_only), ([], []), f"{c.left}, {c.right}")
            for file in set(c.common_files) - set(COSIGNED):
                a, b = (os.path.join(folder, file) for folder in (c.left, c.right))
                self.assertTrue(filecmp.cmp(a, b, shallow=False), f"{a} and {b} differ")
            pending += c.subdirs.values()


class Export(AuditTest):
    def test_it_grows_with_the_log_and_is_what_a_fresh_one_is(self):
        growing = self.stage.folder / "growing"
        for step, more in enumerate((0, 1, 30, 230, 3, 260)):
            self.grow(more)
            size = self.stage.log_size()
            answer = self.export(growing, "--json").json()
            self.assertEqual(answer["size"], size)
            self.whole(growing, size)
            fresh = self.stage.folder / f"fresh{step}"
            self.export(fresh)
            self.same(growing, fresh)
            self.assertEqual(self.export(growing, "--json").json()["files"], 0, "nothing was new")
        entries = [
            entry
            for path in sorted(growing.glob("tile/entries/*"))
            if path.is_file()
            for entry in entries_of(path.read_bytes())
        ]
        for path in growing.glob("tile/entries/*.p/*"):
            entries += entries_of(path.read_bytes())
        files, root = layout(entries)
        there = {str(p.relative_to(growing)) for p in growing.glob("tile/**/*") if p.is_file()}
        self.assertEqual(there, set(files))
        for file, data in files.items():
            self.assertEqual((growing / file).read_bytes(), data, file)
        head = (growing / "checkpoint").read_text("utf-8").split("\n")
        self.assertEqual(base64.b64decode(head[2]), root)
        listed = self.stage.broker("log", "list", "--json").json()["entries"]
        read = programs.run("office", "log", "list", "--export", growing, "--json", data="/nonexistent")
        self.assertEqual(read.json()["entries"], listed)

    def test_it_is_refused_where_it_cannot_continue(self):
        kept = self.stage.folder / "kept"
        self.export(kept)
        before = (kept / "checkpoint").read_bytes()
        foreign = self.stage.folder / "foreign"
        foreign.mkdir()
        (foreign / "thesis.txt").write_text("mine")
        self.refused(self.export(foreign, check=False), NO, "no export")
        other = stage.Stage()
        self.addCleanup(other.close)
        other.broker("init", "--origin", "other.example/log")
        self.refused(other.broker("log", "export", kept, check=False), NO, "another log")
        twin = stage.Stage()  # the same name, another key: shorter
        self.addCleanup(twin.close)
        twin.init_broker()
        self.refused(twin.broker("log", "export", kept, check=False), NO, "old copy")
        short = self.stage.folder / "short"
        twin.broker("log", "export", short)
        self.refused(self.export(short, check=False), NO, "contradict", "evidence")
        self.assertEqual((kept / "checkpoint").read_bytes(), before)
        status = self.verify(short, "--vkey", self.key)
        self.refused(status, NO, "not signed with the log's key")

    def test_an_export_killed_anywhere_is_whole_or_unfinished(self):
        self.grow(30)
        started = self.stage.folder / "base"
        self.export(started)
        self.grow(300)
        size = self.stage.log_size()
        ends = collections.Counter()
        for number in range(ROUNDS):
            folder = self.stage.folder / "killed"
            shutil.rmtree(folder, ignore_errors=True)
            if number % 2:
                shutil.copytree(started, folder)
            command = [programs.bin_folder() / "nganam-broker", "log", "export", folder]
            command += ["--data", self.stage.data("broker")]
            process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)
            time.sleep(self.rng.random() * 0.03)
            process.kill()
            process.wait()
            answer = self.verify(folder, "--vkey", self.key)
            ends[answer.status] += 1
            if answer.status != DONE:
                self.assertRegex(answer.err, "not finished|no export", str(answer))
                self.assertFalse((folder / "checkpoint").exists())
            self.export(folder)
            self.whole(folder, size)
        print(f"killed {ROUNDS} times: {dict(ends)}")


class Mutations(AuditTest):
    """Nothing that is changed in an export goes unfound, and what is named is where it was changed."""

    @classmethod
    def setUpStage(cls):
        super().setUpStage()
        cls.grow(600)
        cls.sound = cls.stage.folder / "sound"
        cls.stage.broker("log", "export", cls.sound)
        cls.size = cls.stage.log_size()
        cls.entries = []
        for at in range(0, cls.size, WIDTH):
            file = name("entries", at // WIDTH, min(WIDTH, cls.size - at))
            cls.entries += entries_of((cls.sound / file).read_bytes())

    def fresh(self):
        folder = self.stage.folder / "changed"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.sound, folder)
        return folder

    def found(self, folder, index=None, ours_alone=False):
        answer = self.verify(folder, "--vkey", self.key, "--json")
        self.assertIn(answer.status, (NO, STORAGE), str(answer))
        if index is not None:
            named = [fault["index"] for fault in answer.json()["damaged"]]
            self.assertIn(index, named, str(answer))
        if not ours_alone:
            status, words = audit.python(self.script, folder, self.key)
            self.assertNotEqual(status, 0, words)

    def change_entry(self, folder, index, change):
        file = folder / name("entries", index // WIDTH, min(WIDTH, self.size - index // WIDTH * WIDTH))
        entries = entries_of(file.read_bytes())
        change(entries, index % WIDTH)
        file.write_bytes(bundle_of(entries))

    def flip(self, path, at=None):
        data = bytearray(path.read_bytes())
        at = self.rng.randrange(len(data)) if at is None else at
        data[at] ^= 1 << self.rng.randrange(8)
        path.write_bytes(data)
        return at

    def altered(self, entry):
        data = bytearray(entry)
        data[self.rng.randrange(len(data))] ^= 1 << self.rng.randrange(8)
        return bytes(data)

    def test_an_altered_entry_is_named_and_only_that(self):
        for _ in range(ROUNDS):
            index = self.rng.randrange(self.size)
            folder = self.fresh()
            self.change_entry(folder, index, lambda e, at: e.__setitem__(at, self.altered(e[at])))
            self.found(folder, index)
            answer = self.verify(folder, "--vkey", self.key, "--json").json()
            self.assertEqual({fault["index"] for fault in answer["damaged"]}, {index})
            self.assertEqual(answer["damaged"][0]["kind"], "hash")

    def test_an_altered_tile_is_named_and_only_that(self):
        tiles = [p for p in self.sound.glob("tile/[0-9]/**/*") if p.is_file()]
        for _ in range(ROUNDS):
            tile = self.rng.choice(tiles).relative_to(self.sound)
            folder = self.fresh()
            at = self.flip(folder / tile)
            level, number = int(tile.parts[1]), int(tile.parts[2].removesuffix(".p"))
            index = (number * WIDTH + at // 32) << 8 * level
            self.found(folder, index)
            answer = self.verify(folder, "--vkey", self.key, "--json").json()
            self.assertIn(str(tile), answer["damaged"][0]["what"])
            self.assertEqual(answer["damaged"][0]["kind"], "tile")

    def test_entries_dropped_put_in_or_exchanged_are_found(self):
        def drop(entries, at):
            del entries[at]

        def put_in(entries, at):
            entries.insert(at, self.entries[self.rng.randrange(self.size)])

        def exchange(entries, at):
            other = (at + 1 + self.rng.randrange(len(entries) - 1)) % len(entries)
            entries[at], entries[other] = entries[other], entries[at]

        for _ in range(ROUNDS):
            folder = self.fresh()
            index = self.rng.randrange(self.size)
            self.change_entry(folder, index, self.rng.choice((drop, put_in, exchange)))
            self.found(folder)

    def test_a_file_that_is_missing_or_cut_is_found(self):
        files = [p for p in self.sound.glob("tile/**/*") if p.is_file()]
        files.append(self.sound / "checkpoint")
        for _ in range(ROUNDS):
            file = self.rng.choice(files).relative_to(self.sound)
            folder = self.fresh()
            data = (folder / file).read_bytes()
            if self.rng.randrange(2):
                (folder / file).unlink()
            else:
                # The last byte alone: in the checkpoint a line end, which only ours asks for.
                (folder / file).write_bytes(data[: self.rng.randrange(len(data) - 1)])
            self.found(folder)

    def test_a_log_written_anew_without_its_key_is_found(self):
        """Every hash is made again: only the signature of the head is missing, or is of another."""
        for _ in range(ROUNDS):
            entries = list(self.entries)
            at = self.rng.randrange(1, self.size)
            kind = self.rng.choice(("drop", "alter", "swap", "truncate"))
            if kind == "drop":
                del entries[at]
            elif kind == "alter":
                entries[at] = self.altered(entries[at])
            elif kind == "swap":
                entries[at - 1], entries[at] = entries[at], entries[at - 1]
            else:
                entries = entries[:at]
            folder = self.fresh()
            files, root = layout(entries)
            shutil.rmtree(folder / "tile")
            for file, data in files.items():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_bytes(data)
            lines = (folder / "checkpoint").read_text("utf-8").split("\n")
            lines[1], lines[2] = str(len(entries)), base64.b64encode(root).decode()
            (folder / "checkpoint").write_text("\n".join(lines), "utf-8")
            self.found(folder)

    def test_a_line_of_the_reading_aid_that_lies_is_found(self):
        for _ in range(ROUNDS // 4):
            folder = self.fresh()
            lines = (folder / "entries.ndjson").read_text("utf-8").splitlines(True)
            index = self.rng.randrange(self.size)
            lines[index] = lines[index].replace('"seq":', '"seq":1')
            (folder / "entries.ndjson").write_text("".join(lines), "utf-8")
            self.found(folder, index, ours_alone=True)

    def test_a_head_of_another_key_is_refused(self):
        other = stage.Stage()
        self.addCleanup(other.close)
        key = other.broker("init", "--origin", stage.ORIGIN, "--json").json()["log_vkey"]
        self.refused(self.verify(self.sound, "--vkey", key), NO, "not signed with the log's key")
        self.assertNotEqual(audit.python(self.script, self.sound, key)[0], 0)


class Mirror(stage.TownTest):
    """The office's own copy serves the commands that the broker's log does, on its own machine."""

    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward", "B,Phường B,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")
        for value in (1, 4):
            s.agent("A", "report", "--year", YEAR, "1.1", f"value={value}")
            s.agent("A", "send")
            s.office_caught_up()
        s.wait_board(
            lambda board: board["log_size"] == s.log_size() and cls.verdicts() == 2, "both judged"
        )
        cls.export = s.folder / "export"
        s.broker("log", "export", cls.export)

    @classmethod
    def verdicts(cls):
        listed = cls.stage.office("log", "list", "--kind", "verdict", "--json").json()["entries"]
        return len(listed)

    def listed(self, *options):
        return self.stage.office("log", "list", *options, "--json").json()["entries"]

    def test_it_answers_as_the_broker_does(self):
        size = self.stage.log_size()
        for words in (
            ("log", "head", "--json"),
            ("log", "head"),
            ("log", "prove", "inclusion", 3, size),
            ("log", "prove", "consistency", 3, size),
        ):
            self.assertEqual(self.stage.office(*words).out, self.stage.broker(*words).out)
        of_broker = self.stage.broker("log", "list", "--json").json()["entries"]
        of_office = self.listed()
        for entry in of_office:
            receipt = entry.pop("receipt", None)
            self.assertEqual(receipt, True if entry["author"] == "office" else None, str(entry))
        self.assertEqual(of_office, of_broker)
        self.assertEqual(self.stage.office("log", "verify", "--json").json()["leaves"], size)

    def test_its_export_is_the_brokers(self):
        own = self.stage.folder / "own"
        self.stage.office("log", "export", own)
        for file in sorted(p for p in self.export.rglob("*") if p.is_file()):
            name = file.relative_to(self.export)
            if str(name) in COSIGNED:
                continue
            self.assertEqual((own / name).read_bytes(), file.read_bytes(), str(name))
        self.stage.office("log", "verify", "--export", self.export)
        other = stage.Stage()
        self.addCleanup(other.close)
        other.init_broker()
        other.broker("log", "export", other.folder / "export")
        answer = self.stage.office("log", "verify", "--export", other.folder / "export", check=False)
        self.refused(answer, NO, "not signed with the log's key")

    def test_the_list_is_narrowed(self):
        everything = self.listed()
        reports = self.listed("--kind", "report")
        self.assertEqual([e["kind_name"] for e in reports], ["report", "report"])
        self.assertEqual(self.listed("--kind", "16"), reports)
        about = self.listed("--code", "1.1")
        self.assertEqual([e["kind_name"] for e in about], ["criteria", "report", "report"])
        self.assertEqual(self.listed("--code", "1.1", "--kind", "report", "--unit", "B"), [])
        self.assertEqual(self.listed("--since", "01/01/2020"), everything)
        self.assertEqual(self.listed("--until", "01/01/2020"), [])
        self.assertEqual(self.listed("--since", "01/01/2100"), [])
        last = everything[-1]["received_at"]
        newest = [e for e in everything if e["received_at"] >= last]
        self.assertEqual(self.listed("--since", last), newest)
        self.assertEqual(self.listed("--until", last, "--from", newest[0]["index"]), newest)
        self.refused(self.stage.office("log", "list", "--kind", "rumour", check=False), 2, "--kind")
        self.refused(self.stage.office("log", "list", "--since", "soon", check=False), 2, "--since")

    def test_units_are_listed_with_their_invites_and_both_clocks(self):
        """The invite goes to the office; it is about B all the same."""
        of_b = self.listed("--unit", "B", "--kind", "invite")
        self.assertEqual(of_b, [])
        self.stage.office("invite", "B")
        (invite,) = self.stage.broker("log", "list", "--unit", "B", "--kind", "invite", "--json").json()["entries"]
        self.assertEqual((invite["author"], invite["kind_name"]), ("office", "invite"))
        shown = self.stage.broker("log", "show", invite["index"], "--json").json()
        self.assertEqual(invite["authored_at"], shown["authored_at"])
        programs.wait_until(lambda: self.listed("--unit", "B", "--kind", "invite"), 60, "the office has it")
        said = self.stage.office("log", "show", invite["index"], "--json").json()
        changed = " / ".join(change["before_after"] for change in said["changes"])
        self.assertIn("role - → ward, enrolled - → no", changed)

    def test_an_empty_list_says_that_it_is_empty(self):
        for program, words, said in (
            ("office", ("actor", "list"), "Nobody is named yet"),
            ("office", ("evidence", "list"), "No evidence is cited"),
            ("broker", ("evidence",), "No evidence is kept here"),
        ):
            answer = programs.run(program, *words, data=self.stage.data(program))
            self.assertIn(said, answer.out)

    def test_show_says_what_an_entry_changed(self):
        first, second = (entry["index"] for entry in self.listed("--kind", "report"))
        shown = self.stage.office("log", "show", second, "--json").json()
        said = " / ".join(change["before_after"] for change in shown["changes"])
        self.assertIn("points 1 → 4", said)
        self.assertIn(f"index {first} → {second}", said)
        lines = self.stage.office("log", "show", second).out
        self.assertRegex(lines, r"(?m)^changed +.*2026 ward A 1\.1: .*points 1 → 4")
        self.assertEqual(self.stage.office("log", "show", 0, "--json").json()["changes"], [])
        self.assertNotIn("changes", self.stage.broker("log", "show", second, "--json").json())

    def test_then_follow_prints_what_comes(self):
        command = [programs.bin_folder() / "nganam-broker", "log", "list", "--follow", "--json"]
        command += ["--kind", "report", "--limit", "3", "--data", self.stage.data("broker")]
        follower = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
        self.addCleanup(follower.kill)
        bound = threading.Timer(60, follower.kill)
        self.addCleanup(bound.cancel)
        bound.start()
        lines = [json.loads(follower.stdout.readline()) for _ in range(2)]
        self.assertEqual([line["kind_name"] for line in lines], ["report", "report"])
        self.stage.agent("A", "report", "--year", YEAR, "1.2", "choice=half")
        self.stage.agent("A", "send")
        third = json.loads(follower.stdout.readline())
        self.assertGreater(third["index"], lines[1]["index"])
        self.assertEqual(follower.wait(30), 0)
        follower.stdout.close()

    def test_the_standings_are_compared_with_an_export(self):
        said = self.stage.office("rebuild", "--check", "--export", self.export).out
        size = int((self.export / "checkpoint").read_text("utf-8").split("\n")[1])
        self.assertIn(f"all its {size} messages are those here", said)
        said = self.stage.office("rebuild", "--check", "--export", self.export, "--json").json()
        self.assertEqual((said["export_size"], said["same"]), (size, True))
        changed = self.stage.folder / "changed"
        shutil.copytree(self.export, changed)
        bundle = next(changed.glob("tile/entries/*.p/*"))
        data = bytearray(bundle.read_bytes())
        data[-1] ^= 1
        bundle.write_bytes(data)
        answer = self.stage.office("rebuild", "--check", "--export", changed, check=False)
        self.refused(answer, NO, "of the export")
        other = stage.Stage()
        self.addCleanup(other.close)
        other.init_broker()
        other.broker("log", "export", other.folder / "export")
        answer = self.stage.office(
            "rebuild", "--check", "--export", other.folder / "export", check=False
        )
        self.refused(answer, NO, "not signed with the log's key")
        self.refused(self.stage.office("rebuild", "--export", changed, check=False), 2, "--check")

    def test_nothing_is_said_of_an_export_that_was_not_read_here_yet(self):
        """An auditor whose service does not run, and an export that goes further than he has read."""
        auditor, export = (self.stage.folder / name for name in ("auditor", "further"))
        slip = self.stage.office("invite", "kiem-toan", "--role", "auditor", "--json").json()["slip"]
        programs.run("office", "init", slip, data=auditor)
        self.stage.office("invite", "kiem-toan-2", "--role", "auditor")
        self.stage.broker("log", "export", export)
        command = ("office", "rebuild", "--check", "--export", export)
        self.refused(programs.run(*command, data=auditor, check=False), NO, "nothing was compared")


class Old(stage.TownTest):
    """A state of last week under the head of today; and a log that is told by a head from elsewhere."""

    @classmethod
    def setUpStage(cls):
        s = cls.stage
        _, office = s.centre()
        s.units("A,Phường A,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")
        s.office_caught_up()
        office.stop()
        s.services.remove(office)
        cls.old = s.data("old")
        shutil.copytree(s.data("office") / "state", cls.old)
        cls.exported = s.data("exported")
        s.broker("log", "export", cls.exported)
        s.agent("A", "report", "--year", YEAR, "1.1", "value=1")
        s.agent("A", "send")
        office = s.serve("office")
        s.office_caught_up()
        office.stop()
        s.services.remove(office)
        cls.today = s.write("today", s.office("log", "head", "--json").json()["note"])

    def verify(self, *arguments):
        answer = self.stage.office("log", "verify", "--json", *arguments, check=False)
        return answer.status, answer.json()

    def test_a_mirror_behind_its_partys_head_is_not_signed(self):
        state = self.stage.data("office") / "state"
        size = int(self.today.read_text().split("\n")[1])
        status, said = self.verify("--known-head", self.today)
        self.assertEqual((status, said["leaves"], said["known_head"]), (DONE, size, size))
        shutil.rmtree(state)
        shutil.copytree(self.old, state)
        status, said = self.verify()
        self.assertEqual(status, NO)
        self.assertEqual(said["damaged"][0]["kind"], "unsigned")
        self.assertLess(said["leaves"], size)
        status, said = self.verify("--known-head", self.today)
        self.assertIn(f"a head of {size} entries is known", said["damaged"][-1]["what"])

    def test_an_old_export_is_told_by_a_head_from_elsewhere(self):
        options = ("--export", self.exported, "--known-head")
        status, said = self.verify(*options, self.exported / "checkpoint")
        self.assertEqual((status, said["known_head"]), (DONE, said["leaves"]))
        status, said = self.verify(*options, self.today)
        self.assertEqual((status, len(said["damaged"])), (NO, 1))
        self.assertIn("entries is known", said["damaged"][0]["what"])
        broker = ("log", "verify", "--known-head")
        self.stage.broker(*broker, self.today)
        self.stage.broker(*broker, self.exported / "checkpoint")
        forged = self.stage.write("forged", self.today.read_text().replace("\n", "0\n", 2))
        self.refused(self.stage.broker(*broker, forged, check=False), NO, "forged")


class Beside(stage.TownTest):
    """Who vouches for a head: what an export says of it is what its entries say, or it is found."""

    @classmethod
    def setUpStage(cls):
        s = cls.stage
        cls.rng = random.Random(stage.seed())
        broker, _ = s.centre()
        s.units("A,Phường A,ward", "B,Phường B,ward")
        s.enrol("A")
        s.serve("agent", name="A")
        broker.stop()
        s.services.remove(broker)
        s.serve("broker")  # the first head that is asked for is a witness head again
        cls.key = s.made["log_vkey"]
        programs.wait_until(lambda: cls.cosigned() == 2, 120, "two cosignatures")
        cls.sound = s.folder / "sound"
        s.broker("log", "export", cls.sound)

    @classmethod
    def cosigned(cls):
        head = cls.stage.broker("log", "head", "--cosigned", "--json", check=False)
        return head.json()["cosigned"] if head.status == DONE else 0

    def fresh(self):
        folder = self.stage.folder / "changed"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.sound, folder)
        return folder

    def verify(self, folder, *arguments):
        options = ("log", "verify", "--export", folder, "--json", *arguments)
        return programs.run("broker", *options, data="/nonexistent", check=False)

    def found(self, folder, file):
        answer = self.verify(folder, "--vkey", self.key)
        self.assertEqual(answer.status, NO, str(answer))
        self.assertTrue(any(fault["kind"] == file for fault in answer.json()["damaged"]), str(answer))

    def test_a_whole_one_says_who_has_cosigned_and_whose_key_it_was(self):
        said = self.verify(self.sound, "--vkey", self.key).json()
        self.assertEqual((said["ok"], said["key"], said["cosigned"]["final"]), (True, "given", True))
        self.assertEqual((said["cosigned"]["cosigned"], said["cosigned"]["parties"]), (2, 2))
        self.assertEqual(self.verify(self.sound).json()["key"], "export")
        for program in ("broker", "office"):
            answer = programs.run(
                program, "log", "verify", "--vkey", "rubbish", data=self.stage.data(program), check=False
            )
            self.refused(answer, 2, "--vkey goes with --export")

    def test_any_change_of_those_who_vouch_is_found(self):
        for file in COSIGNED:
            data = (self.sound / file).read_bytes()
            for _ in range(ROUNDS // 2):
                changed = bytearray(data)
                changed[self.rng.randrange(len(data))] ^= 1 << self.rng.randrange(8)
                folder = self.fresh()
                (folder / file).write_bytes(changed)
                self.found(folder, file)
            for rubbish in (b"", b"forged\n", data + b"forged\n", data + data):
                folder = self.fresh()
                (folder / file).write_bytes(rubbish)
                self.found(folder, file)
        folder = self.fresh()
        policy = (folder / "policy").read_text()
        (folder / "policy").write_text(policy.replace("group parties 2", "group parties 1"))
        self.found(folder, "policy")

    def test_a_line_behind_the_last_entry_is_found(self):
        folder = self.fresh()
        with open(folder / "entries.ndjson", "a", encoding="utf-8") as file:
            file.write('{"index":999,"author":"A","kind":"report","seq":77}\n')
        self.found(folder, "entries.ndjson")

    def test_a_line_without_an_end_takes_no_memory(self):
        folder = self.fresh()
        with open(folder / "entries.ndjson", "wb") as file:
            file.truncate(1 << 30)
        command = [programs.bin_folder() / "nganam-broker", "log", "verify", "--export", folder]
        process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, NO)
        self.assertLess(used.ru_maxrss, 512 << 10, "in KiB")

    def test_a_mirrors_export_has_them_too(self):
        def office_counts():
            heads = self.stage.office("witnesses", "--json").json()["heads"]
            return heads[0]["cosigned"] if heads else 0

        programs.wait_until(lambda: office_counts() == 2, 120, "the office knows both")
        own = self.stage.folder / "own"
        self.stage.office("log", "export", own)
        for file in ("vkeys", "policy"):
            self.assertEqual((own / file).read_bytes(), (self.sound / file).read_bytes())
        said = self.verify(own, "--vkey", self.key).json()
        self.assertEqual((said["ok"], said["cosigned"]["final"]), (True, True))


class Go(AuditTest):
    """The Go program of the page, where Debian's Go packages are installed."""

    def test_it_agrees(self):
        if not audit.has_go():
            self.skipTest("golang-go and golang-golang-x-mod-dev are not installed")
        program = audit.build_go(audit.save(self.scratch, "go", "go"), self.scratch)
        self.grow(300)
        folder = self.stage.folder / "export"
        self.export(folder)
        size = self.stage.log_size()
        said = f"{size} entries, every one in the tree of the signed head.\n"
        self.assertEqual(audit.run(program, folder, self.key), (0, said))
        tile = folder / "tile/entries/000"
        data = bytearray(tile.read_bytes())
        data[-1] ^= 1
        tile.write_bytes(data)
        self.assertNotEqual(audit.run(program, folder, self.key)[0], 0)


if __name__ == "__main__":
    stage.main()
