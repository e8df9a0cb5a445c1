"""Goal: what people really type is read right or refused by line with what was expected, and a refused
file changes nothing.
Method: the real agent and office are given each kind of file; the board and the outbox are looked at.
"""
import unicodedata

import stage
from stage import NO, USAGE, YEAR

PERCENT_SET = (
    stage.HEADER
    + """\
1,,field,Lĩnh vực,Field,100,sum,,,
1.1,1,component,Tỷ lệ giải quyết,Share,40,"bands",>=95:40|>=90:20|:0,refuse,
1.2,1,component,Điểm,Points,60,points,,refuse,
"""
)


class Reports(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward", "P,Xã P,rate", "Q,Xã Q,rate")
        s.criteria(stage.SMALL_SET)
        s.criteria(PERCENT_SET, name="RATE", group="rate")
        for unit in ("A", "P"):
            s.enrol(unit)

    def outbox(self, unit="A"):
        status = self.stage.agent(unit, "status", "--json").json()
        return status["outbox"] + status["delivered"]

    def report(self, text, unit="A", check=True, lang="en"):
        path = self.stage.write("report.csv", text)
        return self.stage.agent(
            unit, "report", "--year", YEAR, "--file", path, check=check, lang=lang
        )

    def points(self, unit, code, group):
        self.stage.agent(unit, "send")
        self.stage.office_caught_up(group=group)
        text = self.stage.office("explain", unit, code, "--year", YEAR, "--json").out
        return text

    def test_numbers_as_people_write_them(self):
        for text, points in (
            ("51,75", "51.75"),
            ("46,8", "46.8"),
            ("44", "44"),
            ('"51,75"', "51.75"),
        ):
            separator = ";" if text[0] != '"' else ","
            self.report(f"code{separator}value\n1.2{separator}{text}\n", unit="P")
            self.assertIn(f'"{points}', self.points("P", "1.2", "rate"))

    def test_a_percentage(self):
        self.report('code,value\n1.1,"96,58%"\n', unit="P")
        self.assertIn('"40', self.points("P", "1.1", "rate"))
        self.report("code,value\n1.1,84.58%\n", unit="P")
        self.assertIn('"0', self.points("P", "1.1", "rate"))

    def test_faults_are_named_by_line_with_what_was_expected(self):
        before = self.outbox()
        self.report("code,value\n1.2,60\n", unit="P")
        cases = {
            "1.1,1.234,,,": ("1.234",),
            "1.1,abc,,,": ("abc",),
            "1.1,101,,,": ("101", "5"),
            "2.2,-1,,,": ("-1",),
            "1.3,,7,,": ("denominator",),
            "1.3,,9,7,": ("9", "7"),
            "1.2,,,,perhaps": ("perhaps", "full", "half", "none"),
            "9.9,1,,,": ("9.9",),
            "2.3,1,,,": ("survey",),
            "1,1,,,": ("parts",),
            "1.1,2,,,": ("1.1", "2"),
            "2.1,1.5,,,": ("1.5",),
        }
        for row, words in cases.items():
            with self.subTest(row):
                answer = self.report(
                    "code,value,numerator,denominator,choice\n1.1,1,,,\n" + row + "\n", check=False
                )
                self.assertEqual(answer.status, USAGE, str(answer))
                self.assertRegex(answer.err, r"\b3\b")
                for word in words:
                    self.assertIn(word, answer.err)
        self.assertEqual(self.outbox(), before, "a refused file left something behind")

    def test_all_faults_of_a_file_at_once_in_both_languages(self):
        text = "code,value,choice\n1.1,6,\n1.2,,x\n9.9,1,\n"
        for lang in ("vi", "en"):
            answer = self.report(text, check=False, lang=lang)
            self.assertEqual(answer.status, USAGE)
            for number in (2, 3, 4):
                self.assertRegex(answer.err, rf"\b{number}\b")
        said = self.report("code,value\n1.1,5.5\n9.9,1\n", check=False, lang="vi").err
        self.assertIn("dòng", said)
        self.assertIn("5,5", said)  # a figure has a comma, a code keeps its dot
        self.assertIn("9.9", said)

    def test_na_refused_where_the_set_refuses_it(self):
        answer = self.report("code,na\n2.2,true\n", check=False)
        self.assertEqual(answer.status, USAGE, str(answer))

    def test_files_as_programs_save_them(self):
        rows = [["code", "choice", "explanation"], ["1.2", "half", "Đã thực hiện"]]
        before = self.outbox()
        for separator in (",", ";"):
            for end in ("\n", "\r\n"):
                for mark in ("", "\ufeff"):
                    for form in ("NFC", "NFD"):
                        body = end.join(separator.join(row) for row in rows) + end
                        text = mark + unicodedata.normalize(form, body)
                        self.report(text + f"# {separator!r}{end!r}{mark!r}{form}{end}")
        self.assertGreater(self.outbox(), before)
        shown = self.points("A", "1.2", "ward")
        self.assertIn("Đã thực hiện", shown)

    def test_legacy_encodings_are_refused_with_advice(self):
        for encoding, text in (("windows-1258", "Tỷ"), ("latin-1", "§¬n vÞ")):
            raw = (
                text.encode("latin-1", "replace")
                if encoding == "latin-1"
                else bytes([0x54, 0xFD, 0xB5, 0xA9])
            )
            path = self.stage.write("legacy.csv", b"code,value,explanation\n1.1,1," + raw + b"\n")
            answer = self.stage.agent("A", "report", "--year", YEAR, "--file", path, check=False)
            self.assertEqual(answer.status, USAGE, encoding)
            self.assertIn("UTF-8", answer.err)

    def test_a_partial_report_touches_nothing_else(self):
        self.report("code,value,choice\n1.1,4,\n1.2,,full\n")
        self.stage.agent("A", "send")
        self.report("code,value\n1.1,2\n")
        self.stage.agent("A", "send")
        board = self.stage.office_caught_up()
        row = next(row for row in board["rows"] if row["unit"] == "A")
        self.assertEqual(row["fields"][0]["points"].rstrip("0").rstrip("."), "6")

    def test_no_file_and_no_table(self):
        self.assertEqual(
            self.stage.agent(
                "A", "report", "--year", YEAR, "--file", "/nonexistent.csv", check=False
            ).status,
            USAGE,
        )
        for text in (
            "",
            "\n\n",
            "nothing,here\n1,2\n",
            'code,value\n1.1,"1\n',
            "code,value\n" + "1,2,3\n",
        ):
            self.assertEqual(self.report(text, check=False).status, USAGE, repr(text))


class Imports(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        cls.stage.centre()

    def twice(self, path, *words):
        """Imports the same file twice: the second time nothing is written, and it says so."""
        self.stage.office(*words[:2], path, *words[2:])
        size = self.stage.log_size()
        again = self.stage.office(*words[:2], path, *words[2:])
        self.assertEqual(self.stage.log_size(), size, f"{words[:2]}: written again")
        self.assertTrue(again.out.strip() + again.err.strip())

    def test_1_the_same_file_twice_changes_nothing(self):
        s = self.stage
        self.twice(stage.DATA / "units-nganam.csv", "units", "import")
        self.twice(
            s.write("set.csv", stage.SMALL_SET),
            "criteria",
            "import",
            "--set",
            "SET",
            "--year",
            YEAR,
            "--group",
            "commune",
        )
        self.twice(stage.DATA / "tasks-nganam-2026.csv", "tasks", "import")
        unit = next(
            u
            for u in stage.figures.read_units(stage.DATA / "units-nganam.csv")
            if u.group == "commune"
        )
        self.twice(
            s.write("survey.csv", f'unit,code,value\n{unit.code},2.3,"2,5"\n'),
            "survey",
            "import",
            "--year",
            YEAR,
            "--group",
            "commune",
        )

    def test_2_a_report_imported_twice_changes_nothing(self):
        s = self.stage
        unit = next(
            u
            for u in stage.figures.read_units(stage.DATA / "units-nganam.csv")
            if u.group == "commune"
        )
        s.enrol(unit.code)
        path = s.write("r.csv", "code,value\n1.1,3\n")
        first = s.agent(unit.code, "report", "--year", YEAR, "--file", path)
        s.agent(unit.code, "send")
        s.office_caught_up(group="commune")
        size = s.log_size()
        again = s.agent(unit.code, "report", "--year", YEAR, "--file", path)
        s.agent(unit.code, "send")
        self.assertEqual(s.log_size(), size, "the same report was written again")
        self.assertNotEqual(first.out, again.out)

    def test_3_a_partial_import_touches_nothing_else(self):
        s = self.stage
        units = stage.figures.read_units(stage.DATA / "units-nganam.csv")
        s.office(
            "units",
            "import",
            s.write("one.csv", f"code,name,group\n{units[0].code},Tên mới,{units[0].group}\n"),
        )
        board = s.office_caught_up(group="commune")
        names = {row["unit"]: row["name"] for row in board["rows"]}
        self.assertEqual(names[units[0].code], "Tên mới")
        wards = [unit for unit in units if unit.group == "commune"]
        self.assertEqual(len(names), len(wards))
        self.assertEqual(names[wards[-1].code], wards[-1].name)

    def test_4_a_broken_set_is_refused_with_every_fault(self):
        text = stage.HEADER + (
            "1,,field,A,A,10,sum,,,\n1.1,1,component,B,B,4,points,,,\n"
            "1.2,1,component,C,C,5,points,,,\n1.1,1,component,D,D,1,points,,,\n"
            "1.3,9,component,E,E,1,points,,,\n1.4,1,component,F,F,1,magic,,,\n"
        )
        answer = self.stage.criteria(text, name="BAD", group="other", check=False)
        self.assertEqual(answer.status, USAGE, str(answer))
        for number in (5, 6, 7):
            self.assertRegex(answer.err, rf"\b{number}\b")

    def test_5_a_set_that_does_not_add_up_names_both_figures(self):
        text = stage.HEADER + (
            "1,,field,A,A,10,sum,,,\n1.1,1,component,B,B,4,points,,,\n"
            "1.2,1,component,C,C,5,points,,,\n"
        )
        answer = self.stage.criteria(text, name="BAD", group="other", check=False)
        self.assertEqual(answer.status, USAGE, str(answer))
        self.assertRegex(answer.err, r"\b10\b")
        self.assertRegex(answer.err, r"\b9\b")

    def test_6_a_set_is_not_changed_once_it_was_answered(self):
        text = stage.SMALL_SET.replace("Points,5", "Points,4").replace(
            "Field one,12", "Field one,11"
        )
        answer = self.stage.criteria(text, group="commune", check=False)
        self.assertEqual(answer.status, NO, str(answer))

    def test_7_survey_of_unknown_units_and_components(self):
        s = self.stage
        for row in ("NOBODY,2.3,1", "P1,1.1,1", "P1,9.9,1", "P1,2.3,99"):
            answer = s.office(
                "survey",
                "import",
                s.write("s.csv", f"unit,code,value\n{row}\n"),
                "--year",
                YEAR,
                "--group",
                "commune",
                check=False,
            )
            self.assertEqual(answer.status, USAGE, f"{row}: {answer}")


if __name__ == "__main__":
    stage.main()
