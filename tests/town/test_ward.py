"""Goal: docs/WARD.md takes a person from the slip to the first receipt as it is written.
Method: every command of the page, in its order, in a folder where nothing was, on a terminal where the page
says that something is typed; what the page quotes of the machine's words is looked for in them.
"""
import os
import pathlib
import re

import stage
import terminal
from stage import programs

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "WARD.md").read_text("utf-8").split("\n# For wards")[0]
COMMANDS = re.findall(r"^    (nganam-agent .*)$", PAGE, re.MULTILINE)
QUOTED = re.findall(r"«([^»]+)»", PAGE)


class Ward(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,commune")
        s.criteria("", group="commune", path=ROOT / "data" / "sample-criteria-commune-2026.csv")
        s.office("actor", "add", "an", "--role", "admin")
        s.office("policy", "enrolment", "confirm", "--actor", "an")
        cls.environment = {
            **programs.environment("vi"),
            "NGANAM_DATA": str(s.data("A")),
            "PATH": f"{programs.bin_folder()}:{os.environ['PATH']}",
        }

    def type(self, command, line=None):
        """As in a terminal; the line is typed once it is asked for. All that the screen shows."""
        status, shown = terminal.type_in(command, self.environment, [line] if line else [])
        self.assertEqual(status, 0, f"{command}: {shown}")
        return shown

    def test_the_page_as_it_is_written(self):
        s, screen, digits = self.stage, "", None
        slip = s.office("invite", "A", "--json").json()["slip"]
        for command in COMMANDS:
            if digits is None and command.endswith(" send"):
                digits = re.search(r"\d{5} \d{5} \d{5} \d{5}", screen).group()
                s.office("confirm", "A", "--digits", digits, "--actor", "an")
            shown = self.type(command, slip if " enrol" in command else None)
            screen += shown
            if command.endswith(" receipts"):
                self.assertEqual(len(re.findall(r"mục 1\.1\.[13]", shown)), 2)
                s.office("invite", "A")  # which nobody here has asked for
                screen += self.type("nganam-agent send")
        self.assertGreater(len(COMMANDS), 8)
        self.assertGreater(len(QUOTED), 2)
        for words in QUOTED:
            self.assertIn(words, screen)
        # What stays: two reports with a verdict that accepts, nothing unread.
        s.office_caught_up(group="commune")
        self.assertEqual(s.office("status", "--json").json()["refused"], 0)
        self.assertEqual(s.agent("A", "status", "--json").json()["alarms"], [])


if __name__ == "__main__":
    stage.main()
