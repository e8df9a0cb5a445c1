"""Goal: the judge of the kill tests (truth.py) sees what it is there to see.
Method: a whole small town is judged, then the same town with one thing made wrong.
"""
import copy

import stage
import truth
from stage import YEAR


class Judge(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")
        s.agent("A", "report", "--year", YEAR, "1.1", "value=1")
        s.agent("A", "send")
        s.office_caught_up()
        # The verdict is written behind the board that owes it.
        stage.programs.wait_until(
            lambda: any(entry["kind"] == 22 for entry in truth.entries(s)), 60, "a verdict"
        )

    def entries(self):
        listed = copy.deepcopy(truth.entries(self.stage))
        return listed, [entry for entry in listed if entry["author"] == "A"]

    def test_a_whole_town_passes(self):
        listed = truth.whole(self, self.stage, ["A"], {"A": {1, 2}})
        self.assertTrue(truth.one_verdict_each(self, self.stage, listed), "no verdict was seen")

    def test_a_lost_statement_is_seen(self):
        with self.assertRaises(AssertionError):
            truth.whole(self, self.stage, ["A"], {"A": {1, 2, 3}})

    def test_a_statement_logged_twice_is_seen(self):
        listed, own = self.entries()
        with self.assertRaises(AssertionError):
            truth.numbers_without_gap(self, listed + own[:1])

    def test_a_receipt_for_another_place_is_seen(self):
        listed, own = self.entries()
        own[-1]["index"] += 1
        with self.assertRaises(AssertionError):
            truth.receipts_hold(self, self.stage, listed, "A")

    def test_a_second_verdict_is_seen(self):
        listed, _ = self.entries()
        verdicts = [entry for entry in listed if entry["kind"] == 22]
        with self.assertRaises(AssertionError):
            truth.one_verdict_each(self, self.stage, listed + verdicts[:1])


if __name__ == "__main__":
    stage.main()
