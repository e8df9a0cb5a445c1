"""Goal: where entries of a log exist nowhere any more, a new log begins that names the lost one, everybody who
looks is told, nothing of the old folders is lost, and what a ward had said can be said again.
Method: a town reports; its broker gets an old copy of the log back while the head file knows of more, and all
other copies are gone. Then the commands of docs/RESTORE.md, section 2, as they stand there.
"""
import base64
import re
import shlex
import shutil
import subprocess

import stage
from stage import DONE, NO, STORAGE, USAGE, YEAR, programs

LOUD = "THIS LOG FOLLOWS"


def walk():
    """The commands of the page, in their order."""
    page = (stage.ROOT / "docs" / "RESTORE.md").read_text("utf-8")
    return re.findall(r"^    (nganam-.*)$", page[page.index("\n## 2"):], re.M)


class Follow(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward", "B,Phường B,ward")
        s.criteria(stage.SMALL_SET, name="criteria")
        for unit in "AB":
            s.enrol(unit)
        s.agent("A", "report", "--year", YEAR, "1.1", "value=3", "explanation=một, \"hai\"")
        s.agent("A", "send")
        cls.copy = s.data("copy")
        s.services[0].stop()
        shutil.copytree(s.data("broker") / "log", cls.copy)
        s.services[0] = broker = s.serve("broker")
        s.services.pop()
        s.agent("A", "report", "--year", YEAR, "1.2", "choice=half")
        s.agent("B", "report", "--year", YEAR, "1.1", "value=4")
        s.agent("A", "send")
        s.agent("B", "send")
        s.wait_board(lambda b: sum(row["answered"] for row in b["rows"]) == 3, "all three count")
        cls.before = s.board()
        for service in reversed(s.services):
            service.stop()
        s.services.clear()
        head = s.broker("log", "head", "--json").json()
        cls.size, cls.root = head["size"], head["root"]
        s.agent("A", "report", "--year", YEAR, "1.3", "numerator=1", "denominator=2")  # never delivered
        # The disk is lost, the copy is old, and the head file knows.
        shutil.rmtree(s.data("broker") / "log")
        shutil.copytree(cls.copy, s.data("broker") / "log")
        cls.old, cls.new = s.data("OLD"), s.data("NEW")
        cls.old.mkdir()
        cls.new.mkdir()
        for name in ("broker", "office", "A", "B"):
            s.data(name).rename(cls.old / name)
        # The page's names for the tables.
        s.write("units.csv", (s.folder / "units.csv").read_text("utf-8"))

    def run_line(self, line, **words):
        """A line of the page; words in capitals stand for what the person has."""
        s = self.stage
        words = {"OLD": str(self.old), "NEW": str(self.new), "ARCHIVE": str(s.data("archive")),
                 "tcp://10.0.0.5:5570": s.endpoint, **words}
        for name, value in words.items():
            line = re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w.])", lambda _: value, line)
        program, *rest = shlex.split(line)
        if rest[0] == "serve":
            data = rest[rest.index("--data") + 1]
            service = programs.Service(
                program.removeprefix("nganam-"), "serve", data=data, log=s.folder / f"{program}.log"
            )
            s.services.append(service)
            return None
        done = subprocess.run(
            line, shell=True, cwd=s.folder, capture_output=True, text=True, timeout=120,
            env={**programs.environment("en"), "PATH": f"{programs.bin_folder()}:/usr/bin:/bin"},
        )
        self.assertEqual(done.returncode, DONE, f"{line}\n{done.stdout}{done.stderr}")
        return done.stdout

    def broker(self, *words, folder="NEW", **options):
        return programs.run("broker", *words, data=self.stage.data(folder) / "broker", **options)

    def refused_beginnings(self):
        """What cannot begin a log leaves nothing behind."""
        s = self.stage
        init = ("init", "--endpoint", s.endpoint, "--origin")
        head, vkey = self.old / "broker" / "head", s.made["log_vkey"]
        self.refused(
            self.broker(*init, stage.ORIGIN, "--previous", self.old / "broker", check=False), NO, "fork"
        )
        self.refused(self.broker(*init, "x", "--previous", head, check=False), USAGE, "--previous-vkey")
        self.refused(self.broker(*init, "x", "--previous-vkey", vkey, check=False), USAGE, "--previous")
        self.refused(self.broker(*init, "x", "--previous", s.folder / "none", check=False), USAGE, "none")
        other = s.write("other", head.read_text("utf-8").replace(f"\n{self.size}\n", f"\n{self.size + 1}\n"))
        self.refused(
            self.broker(*init, "x", "--previous", other, "--previous-vkey", vkey, check=False), NO, "signed"
        )
        self.refused(
            self.broker(*init, "x", "--previous", self.old / "broker", "--previous-vkey", vkey + "x", check=False),
            NO, "key",
        )
        self.refused(
            self.broker(*init, "x", "--previous", self.old / "office", check=False), NO, "--previous-vkey"
        )
        self.assertFalse((self.new / "broker" / "log").exists())

    def test_the_walk_of_the_page_begins_a_log_that_names_the_lost_one(self):
        s = self.stage
        self.refused_beginnings()
        old = programs.run("broker", "log", "head", "--json", data=self.old / "broker").json()
        self.assertLess(old["size"], self.size)
        slips, shown = {}, ""
        lines = walk()
        self.assertEqual(len(lines), 14)
        for line in lines:
            if "UNIT" not in line:
                printed = self.run_line(line, SLIP=slips.get("office", "SLIP"))
                shown += printed or ""
                if " init --data" in line and "broker" in line:
                    slips["office"] = re.search(r"^  (nganam1:\S+)$", printed, re.M).group(1)
                    self.assertIn(LOUD, printed)
                continue
            for unit in "AB":
                if " enrol " in line:  # the old folder is not touched by the new slip
                    answer = programs.run("agent", "enrol", slips[unit], data=self.old / unit, check=False)
                    self.refused(answer, NO, "keep this one")
                words = {"UNIT": unit, "SLIP": slips.get(unit, "SLIP"), "said.csv": f"said-{unit}.csv"}
                printed = self.run_line(line, **words)
                if " invite " in line:
                    slips[unit] = re.search(r"nganam1:\S+", printed).group(0)
        # What was said counts again, the undelivered too; the old board can still be looked at.
        size = self.broker("log", "head", "--json").json()["size"]
        office = lambda *words, folder="NEW": programs.run(
            "office", *words, data=s.data(folder) / "office"
        )
        programs.wait_until(
            lambda: office("status", "--json").json()["applied"] >= size, 30, "the office follows the new log"
        )
        board = ("board", "--year", YEAR, "--group", "ward", "--json")
        rows = {row["unit"]: row for row in office(*board).json()["rows"]}
        then = {row["unit"]: row for row in self.before["rows"]}
        self.assertEqual((rows["A"]["answered"], rows["B"]["answered"]), (3, 1))
        self.assertEqual(rows["B"]["points"], then["B"]["points"])
        self.assertEqual(office(*board, folder="OLD").json()["rows"], self.before["rows"])
        receipts = programs.run("agent", "receipts", "--json", data=self.old / "A").json()["receipts"]
        self.assertTrue(any(old["size"] <= r["number"] < self.size for r in receipts), receipts)
        # Everybody is told, a ward by its own machine until somebody has read it.
        for unit in "AB":
            agent = lambda *words, unit=unit: programs.run("agent", *words, data=self.new / unit)
            self.assertIn(f"{LOUD} {stage.ORIGIN}", agent("alarms").out)
            self.assertIn(self.root, agent("inbox").err)
            agent("alarms", "--read", "all")
            self.assertNotIn(LOUD, agent("inbox").err)
        for text in (
            shown, self.broker("status").out, self.broker("log", "list").out,
            self.broker("log", "show", 0).out, self.broker("log", "verify").out, office("status").out,
            office("log", "show", 0).out,
        ):
            self.assertIn(f"{LOUD} {stage.ORIGIN}", text)
            self.assertIn(self.root, text)
        wanted = {"origin": stage.ORIGIN, "size": self.size, "root": self.root}
        export = s.data("export")
        self.broker("log", "export", export)
        for document in (
            self.broker("status", "--json"), self.broker("log", "show", 0, "--json"),
            self.broker("log", "verify", "--json"), office("status", "--json"),
            self.broker("log", "verify", "--export", export, "--json"),
            self.broker("log", "show", 0, "--export", export, "--json"),
        ):
            self.assertEqual(document.json()["previous"], wanted, str(document))
        entries = self.broker("log", "list", "--json").json()["entries"]
        self.assertEqual([e.get("previous") for e in entries[:2]], [wanted, None])
        self.assertIn(stage.ORIGIN, (export / "entries.ndjson").read_text("utf-8").splitlines()[0])
        self.assertTrue(base64.b64decode(self.root))

    def test_an_init_that_is_run_again_says_the_same(self):
        s = self.stage
        head, vkey = self.old / "broker" / "head", s.made["log_vkey"]
        at = s.data("again")
        init = ("init", "--origin", "test.example/third", "--previous", head, "--previous-vkey", vkey)
        first = programs.run("broker", *init, "--json", data=at).json()
        again = programs.run("broker", "init", "--origin", "test.example/third", "--json", data=at).json()
        self.assertEqual(first["previous"], again["previous"])
        self.assertNotEqual(first["office_slip"], again["office_slip"])
        programs.run("broker", *init, data=at)
        # Another head, and a log without one.
        older = s.data("older-export")
        programs.run("broker", "log", "export", older, data=self.old / "broker")
        answer = programs.run(
            "broker", "init", "--origin", "test.example/third", "--previous", older, data=at, check=False
        )
        self.refused(answer, NO, "first entry")
        plain = s.data("plain")
        programs.run("broker", "init", "--origin", "test.example/plain", data=plain)
        answer = programs.run(
            "broker", "init", "--origin", "test.example/plain", "--previous", older, data=plain, check=False
        )
        self.refused(answer, NO, "first entry")
        self.assertNotIn(LOUD, programs.run("broker", "log", "verify", data=plain).out)
        # A ward's receipt has a head in it, and here it reaches further than the copy.
        newest = programs.run("agent", "receipts", "--json", data=self.old / "A").json()["receipts"][-1]
        proof = programs.run("agent", "receipts", "--export", newest["seq"], data=self.old / "A").out
        made = programs.run(
            "broker", "init", "--origin", "test.example/fourth", "--previous", s.write("proof", proof),
            "--previous-vkey", vkey, "--json", data=s.data("fourth"),
        ).json()
        self.assertGreater(made["previous"]["size"], newest["number"])
        self.assertIn(made["previous"]["root"], proof)


if __name__ == "__main__":
    stage.main()
