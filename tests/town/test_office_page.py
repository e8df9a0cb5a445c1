"""Goal: docs/OFFICE.md makes two persons two persons, as it is written.
Method: every command of the page, in its order, on a terminal; passphrases are typed where they are asked for,
what stands in capitals is replaced by what the machine has printed before. Then the office's machine
tries alone.
"""
import os
import pathlib
import re

import stage
import terminal
from stage import DONE, programs

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "OFFICE.md").read_text("utf-8").split("\n# For the office")[0]
COMMANDS = re.findall(r"^    (nganam-office .*)$", PAGE, re.MULTILINE)
WORDS = {"an": "mật khẩu của An", "binh": "mật khẩu của Bình", "chi": "mật khẩu của Chi"}
PLACES = {"an": "DÒNG_CỦA_AN", "binh": "DÒNG_CỦA_BÌNH", "chi": "DÒNG_CỦA_CHI"}


class OfficePage(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,commune")
        s.criteria(stage.SMALL_SET, group="commune")
        for stick in ("usb-an", "usb-binh", "usb-chi"):
            (s.folder / stick).mkdir()
        s.write("dieu-tra.csv", "unit,code,value\nA,2.3,2\n")
        cls.environment = {
            **programs.environment("vi"),
            "NGANAM_DATA": str(s.data("office")),
            "PATH": f"{programs.bin_folder()}:{os.environ['PATH']}",
        }

    def passphrases(self, command):
        """Those that the command asks for, in its order: twice for a new key."""
        made = re.search(r"actor key (\w+)", command)
        signers = re.findall(r"--actor (\w+)", command)
        return [WORDS[made.group(1)]] * 2 if made else [WORDS[name] for name in signers]

    def test_the_page_as_it_is_written(self):
        s, said = self.stage, {}
        for command in COMMANDS:
            if " confirm " in command and "20_CHỮ_SỐ" not in said:
                slip = s.office("invite", "A", "--json").json()["slip"]
                said["20_CHỮ_SỐ"] = s.agent("A", "enrol", slip, "--json").json()["confirmation"]["digits"]
                s.office_caught_up(group="commune")
            for place, words in said.items():
                command = command.replace(place, words)
            status, shown = terminal.type_in(
                f"cd {s.folder} && {command}", self.environment, self.passphrases(command)
            )
            self.assertEqual(status, DONE, f"{command}: {shown}")
            if " actor key " in command:
                name = re.search(r" key (\w+)", command).group(1)
                said[PLACES[name]] = re.search(rf"^{name}\+\S+", shown, re.MULTILINE).group()
        self.assertGreater(len(COMMANDS), 9)
        self.assertEqual(
            [(a["id"], a["ended"]) for a in s.office("actor", "list", "--json").json()["actors"]],
            [("an", True), ("binh", False), ("chi", False)],
        )
        (unit,) = [p for p in s.office("parties", "--json").json()["parties"] if p["party"] == "A"]
        self.assertEqual(unit["state"], "active")
        self.assertTrue((s.folder / "phieu-A.html").read_text("utf-8").startswith("<!"))
        # What the page promises of the machine alone: nobody new, nothing looser.
        size = s.log_size()
        for words in (("actor", "add", "dung", "--role", "admin"), ("policy", "enrolment", "code"), ("actor", "end", "binh")):
            self.assertNotEqual(s.office(*words, check=False).status, DONE)
        # Nor do the last two sign one of themselves away.
        status, shown = terminal.type_in(
            f"cd {s.folder} && nganam-office actor end chi --actor binh --actor-key usb-binh/binh.key"
            " --actor chi --actor-key usb-chi/chi.key",
            self.environment,
            [WORDS["binh"], WORDS["chi"]],
        )
        self.assertNotEqual(status, DONE)
        self.assertIn("không còn đủ admin", shown)
        self.assertEqual(s.log_size(), size)


if __name__ == "__main__":
    stage.main()
