"""Goal: a person who reads Vietnamese meets no English word for an argument, and reads what to do
when a folder is damaged. Method: every help page and the mistakes that name arguments, in
Vietnamese; a store that is overwritten.
"""
import re
import unittest

import stage
from stage import STORAGE, USAGE

# What is the same in both languages: N is a number, the others are formats and shells' words.
SAME = {"N"}
WORDS = re.compile(r"(?<![\w-])[A-Z]+(?![\w-])", re.ASCII)


def ascii_capitals(text):
    """Words of plain capitals; PHIẾU, MÃ and the other Vietnamese ones each have a mark."""
    words = re.findall(r"[^\W\d_]+(?:_[^\W\d_]+)*", text)
    return {w for w in words if WORDS.fullmatch(w)} - SAME


def commands(program):
    """The commands that --help lists, groups and all."""
    page = stage.programs.run(program, "--help").out
    block = page.split("\nCommands:\n")[1].split("\n\n")[0]
    return [m.group(1) for m in re.finditer(r"^  (\w+(?: \w+)?)  ", block, re.M)]


def argument_places(page):
    """The usage line and the left column of the options."""
    yield page.split("\n")[0]
    for match in re.finditer(r"^  (--\S+(?: \S+)?)(?:  |$)", page, re.M):
        yield match.group(1)


class Usage(unittest.TestCase):
    def test_arguments_have_vietnamese_names_in_every_help_page(self):
        pages = 0
        for program in ("broker", "office", "agent"):
            for command in commands(program):
                page = stage.programs.run(program, *command.split(), "--help", lang="vi").out
                for place in argument_places(page):
                    self.assertEqual(ascii_capitals(place), set(), f"{program} {command}: {place}")
                pages += 1
        self.assertGreater(pages, 20)

    def test_the_usage_line_has_the_words_of_the_help_below_it(self):
        page = stage.programs.run("agent", "report", "--help", lang="vi").out
        for word in ("TRƯỜNG", "GIÁ_TRỊ", "MÃ"):
            self.assertIn(word, page.split("\n")[0])
        self.assertIn("TRƯỜNG là value", re.sub(r"\s+", " ", page))
        page = stage.programs.run("agent", "enrol", "--help", lang="vi").out
        self.assertIn("PHIẾU", page.split("\n")[0])
        self.assertIn("PHIẾU là", re.sub(r"\s+", " ", page))

    def test_mistakes_name_the_arguments_in_the_same_words(self):
        for words, expected in (
            (("office", "invite"), "nganam-office invite ĐƠN_VỊ;"),
            (("office", "board"), "--year NĂM"),
            (("agent", "enrol", "x", "--timeout", "--"), "--timeout cần một giá trị: GIÂY"),
        ):
            answer = stage.programs.run(*words, data="/nonexistent", lang="vi", check=False)
            self.assertEqual(answer.status, USAGE)
            self.assertIn(expected, answer.err)


class Damaged(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        cls.stage.centre()
        cls.stage.units("A,Phường A,ward")
        cls.stage.enrol("A")

    def test_a_damaged_folder_is_named_with_what_to_do(self):
        """LMDB's own words may stand in brackets; the sentence and the advice are Vietnamese."""
        folder = self.stage.data("A")
        data = folder / "party" / "data.mdb"
        pages = bytearray(data.read_bytes())
        for at in range(2 * 4096, len(pages), 4096):  # the two meta pages stay
            pages[at + 10 : at + 12] = b"\xff\xff"  # no kind of page has these flags
        data.write_bytes(pages)
        answer = stage.programs.run("agent", "status", data=folder, lang="vi", check=False)
        self.assertEqual(answer.status, STORAGE, answer)
        self.assertIn(str(folder), answer.err)
        self.assertIn("dữ liệu đã lưu bị hỏng", answer.err)
        self.assertIn("giữ một bản sao", answer.err)


if __name__ == "__main__":
    stage.main()
