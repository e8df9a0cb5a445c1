"""Goal: a department gives a unit a task and hears what became of it; the unit finds it among its own and
reports on it, and the office counts it; nobody else assigns, and nothing is said twice.
Method: the real programs; department D, wards P and Q.
"""
import stage
from stage import DONE, NO, USAGE, YEAR, programs


class Assign(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("D,Sở Tư pháp,department", "P,Phường P,ward", "Q,Phường Q,ward")
        s.criteria(stage.SMALL_SET)
        for unit in ("P", "Q"):
            s.enrol(unit)
        slip = s.office("invite", "D", "--role", "department", "--json").json()["slip"]
        s.agent("D", "enrol", slip)

    def assign(self, code, to, *more, unit="D", **options):
        words = ("--name", "Rà soát thủ tục", "--due", f"30/11/{YEAR}", *more)
        return self.stage.agent(unit, "assign", code, "--to", to, *words, "--json", **options)

    def inbox(self, unit):
        self.stage.agent(unit, "send")
        return self.stage.agent(unit, "inbox", "--json").json()

    def tasks(self, unit):
        return {task["code"]: task for task in self.inbox(unit)["tasks"]}

    def verdict(self, seq):
        """What the office says of the department's statement."""
        found = {}

        def look():
            self.stage.agent("D", "send")
            for one in self.stage.agent("D", "receipts", "--json").json()["receipts"]:
                found[one["seq"]] = one
            return found.get(seq, {}).get("verdict")

        programs.wait_until(look, 30, "the office has judged the task")
        return found[seq]

    def test_a_task_reaches_the_unit_and_counts(self):
        s = self.stage
        made = self.assign("D.1", "P", "--product", "Báo cáo").json()
        self.assertEqual((made["code"], made["unit"], made["year"]), ("D.1", "P", str(YEAR)))
        self.assertEqual(made["due"], f"{YEAR}-11-30")
        said = self.verdict(made["seq"])
        self.assertEqual((said["verdict"], said["kind"]), ("accepted", "assigned"))
        task = self.tasks("P")["D.1"]
        self.assertEqual((task["name"], task["due"]), ("Rà soát thủ tục", f"{YEAR}-11-30"))
        self.assertNotIn("D.1", self.tasks("Q"))
        s.agent("P", "task", "D.1", "--percent", 100)
        s.agent("P", "send")
        s.office_caught_up()
        row = next(t for t in s.office("explain", "P", "--year", YEAR, "--json").json()["tasks"] if t["code"] == "D.1")
        self.assertEqual(row["percent"], 100)
        self.assertIn("D.1", s.agent("D", "receipts", "--lang", "en").out)

    def test_said_again_it_is_the_same_and_changed_it_takes_its_place(self):
        first = self.assign("D.2", "P").json()["seq"]
        self.assertIsNone(self.assign("D.2", "P").json()["seq"])
        later = self.assign("D.2", "P", "--year", YEAR, "--weight", "2").json()["seq"]
        self.assertGreater(later, first)
        self.verdict(later)
        self.assertIsNone(self.assign("D.2", "P", "--weight", "2").json()["seq"])
        self.assertEqual(self.assign("D.2", "Q").json()["unit"], "Q")

    def test_what_cannot_be_is_refused_before_it_is_said(self):
        before = self.stage.agent("D", "status", "--json").json()
        for code, to, more, status, word in (
            ("T1", "P", (), USAGE, "begins with"),
            ("D1", "P", (), USAGE, "begins with"),
            ("E.1", "P", (), USAGE, "begins with"),
            ("D.3", "D", (), NO, "another unit"),
            ("D.3", "@ward", (), NO, "another unit"),
            ("D.3", "NOBODY", (), NO, "has not listed"),
            ("D.3", "P", ("--area", "x"), USAGE, "area"),
            ("D.3", "P", ("--year", "soon"), USAGE, "year"),
            ("D.3", "P", ("--weight", "-1"), USAGE, "weight"),
        ):
            self.refused(self.assign(code, to, *more, check=False), status, word)
        answer = self.stage.agent(
            "D", "assign", "D.3", "--to", "P", "--name", " ", "--due", "continuous", check=False
        )
        self.refused(answer, USAGE, "name")
        answer = self.stage.agent("D", "assign", "D.3", "--to", "P", "--name", "x", "--due", "soon", check=False)
        self.refused(answer, USAGE, "due")
        after = self.stage.agent("D", "status", "--json").json()
        self.assertEqual((after["outbox"], after["delivered"]), (before["outbox"], before["delivered"]))

    def test_a_ward_assigns_nothing(self):
        size = self.stage.log_size()
        self.refused(self.assign("P.1", "Q", unit="P", check=False), NO, "only a department")
        self.assertEqual(self.stage.agent("P", "send").status, DONE)
        self.assertEqual(self.stage.log_size(), size)


if __name__ == "__main__":
    stage.main()
