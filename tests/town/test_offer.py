"""Goal: a broker's folder that was put back to an older copy, under a floor or a party that knows more,
comes to the very log that was lost by what its parties hold; nothing new is taken before, and nothing
forks. What no party wrote is not made up: the log stays read-only and says so.
Method: one log is written to its end while copies of its folder are kept; each of them is put back under
the running town, with and without the newer head floor; the old log's leaves are compared with the new.
"""
import shutil

import stage
from stage import YEAR, programs

STATES = 10
UNITS = ("P", "Q")
MORE_UNITS = "code,name,group,parent,valid_from,valid_to\nR,Phường R,ward,,,\n"


class OldCopies(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        cls.broker, _ = s.centre()
        s.units(*(f"{unit},Phường {unit},ward" for unit in UNITS))
        s.criteria(stage.SMALL_SET)
        for unit in UNITS:
            s.enrol(unit)
        cls.reports = 0
        cls.agents = {unit: s.serve("agent", name=unit) for unit in UNITS}
        cls.report("P")
        cls.report("Q")

    @classmethod
    def report(cls, unit):
        """One more value by this unit, in the log."""
        s = cls.stage
        size = s.log_size()
        cls.reports += 1
        s.agent(unit, "report", "--year", YEAR, "1.1", f"value={cls.reports % 5}")
        programs.wait_until(lambda: s.log_size() > size, 60, "a report is logged")
        programs.wait_until(cls.judged, 60, "each report has its verdict")

    @classmethod
    def judged(cls):
        entries = cls.stage.broker("log", "list", "--json").json()["entries"]
        kinds = [entry["kind_name"] for entry in entries]
        return kinds.count("verdict") == kinds.count("report")

    def hold(self):
        """What the running broker waits for before it takes anything new; None: nothing."""
        status = self.stage.broker("status", "--json", check=False)
        return status.json()["hold"] if status.status in (stage.DONE, stage.NO) else ""

    def head(self):
        """Size and root: one log."""
        head = self.stage.broker("log", "head", "--json").json()
        return head["size"], head["root"]

    def put_back(self, copy, floor):
        """The broker is stopped, its folder is the copy, it runs again. floor: the newer head file stays.
        The head of the log that was lost."""
        s = self.stage
        self.broker.stop(20)
        s.services.remove(self.broker)
        lost = self.head()
        head = (s.data("broker") / "head").read_bytes()
        shutil.rmtree(s.data("broker"))
        shutil.copytree(s.data(copy), s.data("broker"))
        if floor:
            (s.data("broker") / "head").write_bytes(head)
        type(self).broker = s.serve("broker")
        return lost

    def keep(self, name):
        """A backup that is taken while the broker stands still; the size of its log."""
        s = self.stage
        self.broker.stop(20)
        s.services.remove(self.broker)
        size = s.log_size()
        shutil.copytree(s.data("broker"), s.data(name))
        type(self).broker = s.serve("broker")
        return size

    def test_a_log_that_is_back_takes_nothing_before_every_party_was_asked(self):
        """Q, who lost nothing, is away: it might know of entries behind the last that came back."""
        s = self.stage
        self.keep("held")
        self.report("P")
        self.agents["Q"].stop(20)
        s.services.remove(self.agents["Q"])
        before = self.put_back("held", floor=True)
        programs.wait_until(lambda: s.log_size() >= before[0], 120, "all is back")
        s.agent("P", "report", "--year", YEAR, "1.2", "choice=half")
        for _ in range(2):  # a start anew does not forget it
            programs.wait_until(lambda: "missing: Q, in all 1)" in (self.hold() or ""), 120, "only Q is missing")
            self.assertNotEqual(s.agent("P", "send", "--timeout", "3", check=False).status, stage.DONE)
            self.assertEqual(self.head(), before)
            self.broker.stop(20)
            s.services.remove(self.broker)
            type(self).broker = s.serve("broker")
        self.agents["Q"] = s.serve("agent", name="Q")
        programs.wait_until(lambda: s.log_size() > before[0], 120, "what waited is taken")
        self.assertIsNone(self.hold())
        programs.wait_until(self.judged, 60, "the town goes on")

    def test_each_of_ten_old_states_comes_back(self):
        s = self.stage
        for state in range(STATES):
            with self.subTest(state=state):
                copy = f"copy{state}"
                size = self.keep(copy)
                for number in range(1 + state % 3):
                    self.report(UNITS[(state + number) % 2])
                s.office_caught_up()
                before = self.put_back(copy, floor=state % 2 == 0)
                self.assertLess(size, before[0])
                programs.wait_until(lambda: s.log_size() >= before[0], 120, "all is back")
                self.assertEqual(self.head(), before)
                self.report(UNITS[state % 2])
                self.assertEqual(s.broker("log", "verify", check=False).status, 0)

    def test_what_no_party_can_bring_keeps_the_log_read_only(self):
        """R enrolled after the copy was taken: it is not let in, and nobody else has what it signed."""
        s = self.stage
        s.office("units", "import", s.write("more.csv", MORE_UNITS))
        s.office_caught_up()
        self.keep("before_r")
        s.enrol("R")
        self.report("P")
        s.office_caught_up()
        before = self.head()
        self.keep("newest")
        offers = (s.folder / "P.log").read_text("utf-8").count("offered party=P")
        self.put_back("before_r", floor=True)
        size = s.log_size()
        log = s.folder / "broker.log"
        programs.wait_until(lambda: "read_only" in log.read_text("utf-8"), 60, "it says so")
        told = s.folder / "P.log"
        programs.wait_until(
            lambda: told.read_text("utf-8").count("offered party=P") > offers, 60, "P has offered what it holds"
        )
        s.agent("P", "report", "--year", YEAR, "1.1", "value=1")
        self.assertNotEqual(s.agent("P", "send", "--timeout", "3", check=False).status, 0)
        self.assertEqual(s.log_size(), size)
        writable = log.read_text("utf-8").count("writable")
        self.put_back("newest", floor=True)
        self.assertEqual(self.head(), before)
        s.agent("R", "send")  # the last to say what it knows
        programs.wait_until(lambda: log.read_text("utf-8").count("writable") > writable, 60, "it goes on")
        self.assertEqual(s.broker("log", "verify", check=False).status, 0)


if __name__ == "__main__":
    stage.main()
