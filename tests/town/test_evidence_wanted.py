"""Goal: a unit that cites files nobody has fills neither the office's folder nor its courier, and nobody
is held up by it; what it cites beyond its share is fetched when there is room. Method: a client of its own
cites more ids than may wait; the list is looked at on the office's disk."""
import secrets

import par_messages
import stage
from client import KIND_REPORT, Client, Slip
from stage import YEAR, programs
from test_evidence import Evidence, pdf

UNIT_MAX = 1000  # WANTED_UNIT_MAX
EACH = 32  # of one task: WIRE_EVIDENCE_MAX


class Wanted(Evidence):
    @classmethod
    def setUpStage(cls):
        super().setUpStage()
        slip = Slip(cls.stage.office("invite", "B", "--json").json()["slip"])
        cls.client = Client(slip)
        cls.client.enrol()

    def cite(self, count):
        ids = [secrets.token_hex(32) for _ in range(count)]
        for at in range(0, count, 10 * EACH):
            acts = par_messages.load("par").Acts()
            for first in range(at, min(at + 10 * EACH, count), EACH):
                progress = acts.acts.add().progress
                progress.year, progress.code, progress.percent = YEAR, "T1", 1
                for one in ids[first : first + EACH]:
                    progress.evidence.add(name="x.pdf", size=700, type="pdf", id=one)
            self.client.submit(*self.client.author(KIND_REPORT, acts.SerializeToString()))
        return ids

    def path(self):
        return self.stage.data("office") / "evidence" / "waiting"

    def waits(self, ids, what):
        programs.wait_until(lambda: {p.name for p in self.path().iterdir()} == set(ids), 60, what)

    def arrive(self, ids):
        """As if they had been fetched."""
        for one in ids:
            (self.path() / one).unlink()

    def test_what_nobody_has_fills_no_folder(self):
        ids = self.cite(4 * 10 * EACH)
        # An honest unit's file behind them is fetched.
        self.task("A", self.file("thật.pdf", pdf(1000, 8)), percent=45)
        self.send()
        self.wait_state("thật.pdf", "there")
        self.waits(ids[:UNIT_MAX], "its share waits")
        # When half of them have come, what was passed over is next, and after a start too.
        self.arrive(ids[: UNIT_MAX // 2])
        self.waits(ids[UNIT_MAX // 2 :], "the others wait")
        ids = ids[UNIT_MAX // 2 :] + self.cite(10 * EACH)
        self.waits(ids[:UNIT_MAX], "its share waits")
        self.office.stop()
        self.stage.services.remove(self.office)
        self.arrive(ids[: UNIT_MAX // 2])
        type(self).office = self.stage.serve("office")
        self.waits(ids[UNIT_MAX // 2 :], "the others wait after a start")


if __name__ == "__main__":
    stage.main()
