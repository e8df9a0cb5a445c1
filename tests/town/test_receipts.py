"""Goal: a receipt proves, to somebody who has neither our programs nor the unit's data, what was said
and when the log had it; it proves nothing else, and it is checked offline by the unit itself.
Method: a unit with two key epochs exports all; the program that docs/disk-format.md prints is run on
the exported files, as they are and with each of them altered; broker and office are stopped by then.
"""
import base64
import pathlib
import re
import subprocess
import sys

import stage
from stage import NO, USAGE, YEAR


class Receipts(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("P,Phường P,ward", "Q,Phường Q,ward")
        s.criteria(stage.SMALL_SET)
        for epoch in (1, 2):
            s.enrol("P")
            for value in range(epoch, epoch + 3):
                s.agent("P", "report", "--year", YEAR, "1.1", f"value={value}")
                s.agent("P", "send")
        s.enrol("Q")
        s.agent("Q", "report", "--year", YEAR, "1.1", "value=1")
        s.agent("Q", "send")
        for service in reversed(s.services):
            service.stop(20)
        cls.folder = s.data("exported")
        cls.answer = s.agent("P", "receipts", "--export-all", cls.folder, "--leaves", "--json").json()
        text = (stage.ROOT / "docs" / "disk-format.md").read_text("utf-8")
        (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        cls.checker = s.write("check.py", program)

    def check(self, vkey, proof, leaf):
        """What the program of the document says; None when it ends with an error."""
        done = subprocess.run(
            [sys.executable, self.checker, vkey, proof, leaf], capture_output=True, timeout=60, check=False
        )
        return done.stdout.decode() if done.returncode == 0 else None

    def names(self):
        return [f"P-{epoch}-{seq}" for epoch in (1, 2) for seq in range(1, 5)]

    def test_every_one_is_proved_by_the_documents_program(self):
        self.assertEqual(self.answer["receipts"], 8)
        files = {path.name for path in self.folder.iterdir()}
        wanted = {f"{name}{end}" for name in self.names() for end in (".tlog-proof", ".leaf")}
        self.assertEqual(files, wanted | {"log.vkey"})
        for name in self.names():
            said = self.check(
                self.folder / "log.vkey", self.folder / f"{name}.tlog-proof", self.folder / f"{name}.leaf"
            )
            self.assertIsNotNone(said, name)
            self.assertIn(f"statement {name[-1]} of P is entry ", said)
            self.assertIn(stage.ORIGIN, said)

    def altered(self, path):
        """Copies with one byte changed; in texts none that ends a word, for base64 may leave bits unused there."""
        data = path.read_bytes()
        step = max(1, len(data) // 40)
        for at in range(0, len(data) - 1, step):
            if path.suffix != ".leaf" and not data[at : at + 2].isalnum():
                continue
            changed = bytearray(data)
            changed[at] ^= 1
            copy = self.stage.write(f"altered{path.suffix}", bytes(changed))
            yield at, copy

    def test_nothing_altered_is_proved(self):
        files = [self.folder / name for name in ("log.vkey", "P-1-3.tlog-proof", "P-1-3.leaf")]
        for place, path in enumerate(files):
            for at, copy in self.altered(path):
                said = self.check(*files[:place], copy, *files[place + 1 :])
                self.assertIsNone(said, f"{path.name}, byte {at}: {said}")
        other = self.folder / "P-1-2.leaf"
        self.assertIsNone(self.check(files[0], files[1], other))

    def test_the_unit_checks_it_offline_with_its_own_statement(self):
        s = self.stage
        for name in self.names():
            proof = self.folder / f"{name}.tlog-proof"
            told = s.agent("P", "receipts", "--verify", proof, "--json").json()
            self.assertEqual(f"P-{told['epoch']}-{told['seq']}", name)
        self.refused(s.agent("Q", "receipts", "--verify", proof, check=False), NO, "no statement")
        self.refused(s.agent("P", "receipts", "--verify", self.checker, check=False), USAGE, "no receipt")
        for at, copy in self.altered(proof):
            answer = s.agent("P", "receipts", "--verify", copy, check=False)
            self.assertIn(answer.status, (NO, USAGE), f"byte {at}: {answer}")
        # A receipt whose tree head another key signed.
        text = proof.read_text("utf-8")
        head, signature = text.rstrip("\n").rsplit(" ", 1)
        raw = bytearray(base64.b64decode(signature))
        raw[-1] ^= 1
        forged = s.write("forged.tlog-proof", f"{head} {base64.b64encode(raw).decode()}\n")
        self.refused(s.agent("P", "receipts", "--verify", forged, check=False), NO, "does not hold")

    def test_one_alone(self):
        s = self.stage
        proof = s.agent("P", "receipts", "--export", "1/3").out
        self.assertEqual(proof, (self.folder / "P-1-3.tlog-proof").read_text("utf-8"))
        command = [stage.programs.bin_folder() / "nganam-agent", "receipts", "--leaf", "1/3"]
        leaf = subprocess.run(
            [*command, "--data", s.data("P")], capture_output=True, timeout=60, check=True
        ).stdout
        self.assertEqual(leaf, (self.folder / "P-1-3.leaf").read_bytes())
        self.refused(s.agent("P", "receipts", "--leaf", "9", check=False), NO, "nothing with number 9")
        self.refused(s.agent("P", "receipts", "--leaf", "x", check=False), USAGE, "--leaf")
        self.assertTrue(pathlib.Path(self.folder / "log.vkey").read_text("utf-8").startswith(stage.ORIGIN))


if __name__ == "__main__":
    stage.main()
