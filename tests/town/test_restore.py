"""Goal: a log that was lost or is an old copy comes back as the very log it was, out of an export or out of
the office's folder, and never as a second one: what anybody holds of it stays true, and the town goes on.
Method: the broker's folder is copied at NGANAM_CYCLES × 4 sizes while a town reports, then it is lost. Each
copy is put back in four ways and restored; some are then served to the same wards and the same office,
which still have reports to deliver, and the boards are compared with those of a town that lost nothing.
"""
import os
import pathlib
import shutil

import client
import stage
from stage import DONE, NO, STORAGE, USAGE, YEAR, programs

COPIES = int(os.environ.get("NGANAM_CYCLES", 3)) * 4
KEYS = ("log.key", "broker.curve", "endpoint")
# What is put back beside the keys.
WAYS = {"keys alone": (), "log": ("log",), "log and head": ("log", "head"), "everything": None}
LOCAL = shutil.ignore_patterns("control", "serve.lock", "wake", "*.lock")
GIVEN_UP = 3  # seconds, for what must not happen


def copy(source, target):
    if source.is_dir():
        shutil.copytree(source, target, ignore=LOCAL)
    else:
        shutil.copy2(source, target)


def entries(export):
    return (export / "entries.ndjson").read_bytes().splitlines()


class Restore(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward", "B,Phường B,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")
        s.enrol("B")
        s.office_caught_up()
        s.services.pop().stop()  # the office: its verdicts come when all copies are taken
        copy(s.data("office") / "state", s.data("state-then"))
        cls.copies = []
        for number in range(COPIES):
            unit = "AB"[number % 2]
            s.agent(unit, "report", "--year", YEAR, "1.1", f"value={number % 5}")
            s.agent(unit, "send")
            at = s.data(f"copy-{number}")
            s.services.pop().stop()
            copy(s.data("broker"), at)
            cls.copies.append((s.log_size(), at))
            s.serve("broker")
        cls.old_export = s.data("old-export")
        s.broker("log", "export", cls.old_export)
        s.agent("A", "report", "--year", YEAR, "1.2", "choice=half")
        s.agent("A", "send")
        s.serve("office")
        programs.wait_until(cls.quiet, 60, "the office has judged each report and has the whole log")
        for service in reversed(s.services):
            service.stop()
        s.services.clear()
        head = s.broker("log", "head", "--json").json()
        cls.size, cls.root = head["size"], head["root"]
        cls.export = s.data("export")
        s.office("log", "export", cls.export)
        s.agent("A", "report", "--year", YEAR, "2.2", "value=1")
        s.agent("B", "report", "--year", YEAR, "1.1", "value=5")
        for name in ("broker", "office", "A", "B"):
            s.data(name).rename(s.data(f"lost-{name}"))
        cls.mirror = s.data("lost-office")
        cls.sources = {"export": cls.export, "mirror": cls.mirror}
        cls.board_of_all = cls.town_goes_on(lambda: copy(s.data("lost-broker"), s.data("broker")))

    def tearDown(self):
        self.stop_all()

    # ---- a folder put back ----

    @classmethod
    def put_back(cls, at, what):
        folder = cls.stage.data("broker")
        shutil.rmtree(folder, ignore_errors=True)
        if what is None:
            copy(at, folder)
            return
        folder.mkdir()
        for name in KEYS + what:
            if (at / name).exists():
                copy(at / name, folder / name)

    def restore(self, source, *arguments, **options):
        return self.stage.broker("restore", "--from", source, *arguments, **options)

    def is_the_lost_log(self, what):
        head = self.stage.broker("log", "head", "--json").json()
        self.assertEqual((head["size"], head["root"]), (self.size, self.root), what)
        self.assertEqual(self.stage.broker("log", "verify", "--json").json()["ok"], True, what)

    @classmethod
    def quiet(cls):
        s = cls.stage
        kinds = [e["kind_name"] for e in s.broker("log", "list", "--json").json()["entries"]]
        head = s.office("log", "head", "--json", check=False)  # it may still be reading
        has_all = head.status == 0 and head.json()["size"] == len(kinds)
        return kinds.count("verdict") == kinds.count("report") and has_all

    # ---- the town, with what it has not delivered ----

    @classmethod
    def same_parties(cls):
        s = cls.stage
        for name in ("office", "A", "B"):
            shutil.rmtree(s.data(name), ignore_errors=True)
            copy(s.data(f"lost-{name}"), s.data(name))

    @classmethod
    def stop_all(cls):
        for service in reversed(cls.stage.services):
            service.stop()
        cls.stage.services.clear()

    @classmethod
    def delivered(cls):
        return all(
            cls.stage.agent(unit, "status", "--json").json()["outbox"] == 0 for unit in "AB"
        )

    @classmethod
    def town_goes_on(cls, prepare):
        """Serves what prepare() makes until everything is delivered; the board, without its moments."""
        s = cls.stage
        cls.same_parties()
        prepare()
        s.serve("broker")
        s.serve("office")
        for unit in "AB":
            s.serve("agent", name=unit)
        try:
            programs.wait_until(cls.delivered, 60, "the wards' reports are taken")
            board = s.office_caught_up()
            for unit in "AB":
                assert s.agent(unit, "status", "--json").json()["alarms"] == [], unit
        finally:
            cls.stop_all()
        rows = board["rows"]
        for row in rows:
            del row["updated_index"]  # whose report came first is chance
        return rows

    # ---- cases ----

    def test_every_old_state_becomes_the_log_that_was_lost(self):
        for number, (size, at) in enumerate(self.copies):
            for place, (way, what) in enumerate(WAYS.items()):
                name = ("export", "mirror")[(number + place) % 2]
                with self.subTest(size=size, way=way, source=name):
                    self.put_back(at, what)
                    answer = self.restore(self.sources[name], "--json").json()
                    before = 0 if way == "keys alone" else size
                    self.assertEqual(
                        answer, {"schema": 1, "before": before, "size": self.size, "missing": 0}
                    )
                    self.is_the_lost_log(f"{way} at {size} from the {name}")

    def test_the_town_goes_on_where_it_stopped(self):
        self.assertEqual(len(self.board_of_all), 2)
        trials = [(0, "keys alone", "mirror"), (COPIES // 2, "log", "export"), (1, "everything", "mirror")]
        for number, way, name in trials:
            with self.subTest(copy=number, way=way, source=name):

                def prepare(number=number, way=way, name=name):
                    self.put_back(self.copies[number][1], WAYS[way])
                    self.restore(self.sources[name])

                self.assertEqual(self.town_goes_on(prepare), self.board_of_all)
                now = self.stage.data("now")
                shutil.rmtree(now, ignore_errors=True)
                self.stage.broker("log", "export", now)
                self.assertEqual(entries(now)[: self.size], entries(self.export))
                self.assertGreaterEqual(len(entries(now)), self.size + 2)

    def test_an_old_copy_takes_nothing_new_until_it_is_whole(self):
        """The wards bring back what they wrote themselves, and nothing goes in beside that."""
        s = self.stage
        self.same_parties()
        self.put_back(self.copies[0][1], None)
        s.serve("broker")
        for unit in "AB":
            answer = s.agent(unit, "send", "--timeout", GIVEN_UP, check=False)
            self.assertNotEqual(answer.status, DONE, str(answer))
        now = s.data("of-the-wards")
        s.broker("log", "export", now)
        self.assertLess(len(entries(now)), self.size)
        self.assertEqual(entries(now), entries(self.export)[: len(entries(now))])
        answer = self.restore(self.export, check=False)
        self.refused(answer, STORAGE, "stop it first")
        self.stop_all()

        def prepare():
            self.restore(self.mirror)

        self.assertEqual(self.town_goes_on(prepare), self.board_of_all)

    def test_what_nobody_may_know_is_waited_for_or_accepted(self):
        s = self.stage
        self.same_parties()
        self.put_back(self.copies[-1][1], ("log",))
        self.restore(self.export)
        s.serve("broker")
        answer = s.agent("A", "send", "--timeout", GIVEN_UP, check=False)
        self.assertNotEqual(answer.status, DONE, str(answer))
        self.assertEqual(s.log_size(), self.size)
        self.assertEqual(s.broker("restore", "--accept", "--json").json(), {"schema": 1, "accepted": True})
        s.agent("A", "send")
        self.assertEqual(s.log_size(), self.size + 1)
        self.stop_all()
        self.same_parties()
        self.put_back(self.copies[-1][1], ("log",))
        self.restore(self.export)
        s.broker("restore", "--accept")
        s.serve("broker")
        s.agent("B", "send")
        self.assertEqual(s.log_size(), self.size + 1)
        self.stop_all()

    def test_what_still_lacks_the_newest_says_so(self):
        newest = self.stage.data("lost-broker") / "head"
        self.put_back(self.copies[0][1], ("log",))
        copy(newest, self.stage.data("broker") / "head")
        answer = self.restore(self.old_export, "--json", check=False)
        self.assertEqual(answer.status, NO, str(answer))
        self.assertEqual(answer.json()["missing"], self.size - answer.json()["size"])
        self.assertIn("still missing", answer.err)
        self.refused(self.stage.broker("restore", "--accept", check=False), STORAGE, "head")
        self.restore(self.export)
        self.is_the_lost_log("in two steps")

    def test_a_mirror_that_is_behind_its_head_is_refused(self):
        behind = self.stage.data("behind")
        copy(self.mirror, behind)
        shutil.rmtree(behind / "state")
        copy(self.stage.data("state-then"), behind / "state")
        size, at = self.copies[0]
        self.put_back(at, ("log",))
        self.refused(self.restore(behind, check=False), NO, "take an export")
        self.assertEqual(self.stage.log_size(), size)

    def test_without_the_transport_key_it_says_what_is_missing(self):
        self.put_back(self.copies[0][1], ())
        for name in KEYS[1:]:
            (self.stage.data("broker") / name).unlink()
        self.assertIn("broker.curve", self.restore(self.export).err)
        self.is_the_lost_log("log.key alone")

    def test_another_log_and_a_false_one_are_refused(self):
        s = self.stage
        other = stage.Stage()
        self.addCleanup(other.close)
        other.init_broker()
        other.broker("log", "export", other.folder / "export")
        false = s.data("false")
        shutil.rmtree(false, ignore_errors=True)
        copy(self.export, false)
        bundle = max((false / "tile" / "entries").rglob("*"), key=lambda p: p.is_file())
        text = bytearray(bundle.read_bytes())
        text[-1] ^= 1
        bundle.write_bytes(text)
        for way in ("log", "keys alone"):
            size, at = self.copies[0]
            self.put_back(at, WAYS[way])
            self.refused(self.restore(other.folder / "export", check=False), NO, "another log")
            self.assertNotEqual(self.restore(false, check=False).status, DONE)
            if way == "log":
                self.assertEqual(s.log_size(), size)
            copy(s.data("lost-broker") / "head", s.data("broker") / "head")
            self.restore(self.export)
            self.is_the_lost_log(way)
        self.refused(self.restore(self.export, check=False), NO, "nothing to put back")

    def test_how_it_is_asked(self):
        s = self.stage
        self.put_back(self.copies[0][1], ("log",))
        self.refused(s.broker("restore", check=False), USAGE, "--from", "--accept")
        both = s.broker("restore", "--from", self.export, "--accept", check=False)
        self.refused(both, USAGE, "--from", "--accept")
        nothing = pathlib.Path(s.data("nothing"))
        nothing.mkdir(exist_ok=True)
        self.refused(self.restore(nothing, check=False), NO, "neither")


class SetBack(stage.TownTest):
    """A snapshot of the machine or of the volume: the files are the same files, with what they held then."""

    FILES = ("log/data.mdb", "head")

    @classmethod
    def setUpStage(cls):
        s = cls.stage
        cls.broker = s.centre(serve_office=False)[0]
        s.units("A,Phường A,ward", "B,Phường B,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")
        cls.b = client.Client(client.Slip(s.office("invite", "B", "--json").json()["slip"]))
        cls.b.enrol()

    def test_a_disk_set_back_in_place_signs_no_second_log(self):
        s = self.stage
        home = s.data("broker")
        self.broker.stop()
        then = {name: (home / name).read_bytes() for name in self.FILES}
        broker = s.serve("broker")
        s.agent("A", "report", "--year", YEAR, "1.1", "value=1")
        s.agent("A", "send")
        true = s.broker("log", "head", "--json").json()
        broker.stop()
        for name, data in then.items():
            with open(home / name, "r+b") as file:  # the same inode, born when it was
                file.write(data)
                file.truncate()
        back = s.log_size()
        s.serve("broker", "--hold", "60")
        self.b.connect(self.b.curve)  # was away meanwhile and knows of nothing
        with self.assertRaisesRegex(RuntimeError, "refused 4"):
            self.b.submit(*self.b.author(client.KIND_REPORT, b"a second log"))
        self.assertEqual(s.log_size(), back)
        self.assertLess(back, true["size"])
        s.agent("A", "send", "--timeout", "2", check=False)  # knows of more, and brings it back
        self.assertEqual(s.broker("log", "head", "--json").json()["root"], true["root"])
        self.assertIn("floor_beside_the_log", (s.folder / "broker.log").read_text())


if __name__ == "__main__":
    stage.main()
