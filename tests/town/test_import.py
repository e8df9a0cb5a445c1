"""Goal: an import tells everything that is wrong with a file at once, writes nothing until all is right,
and, given again while the first one waits for the broker, waits with it instead of being written twice.
Method: the real office and broker; the broker is stopped and started under the office's imports.
"""
import re

import stage
from stage import PEER, USAGE, YEAR

TASKS = "code,year,unit,name,area,partners,due,weight,product,source\n"


class Faults(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward", "B,Phường B,ward", "D,Phòng D,department")
        s.criteria(stage.SMALL_SET)
        s.office("tasks", "import", s.write("t.csv", TASKS + "T1,2025-2026,A,x,a,,continuous,,,\n"))

    def faulty(self, *arguments, lines, lang="en"):
        """The command names exactly these lines, in this order, and leaves the log as it was."""
        before = self.stage.log_size()
        answer = self.stage.office(*arguments, check=False, lang=lang)
        self.assertEqual(answer.status, USAGE, str(answer))
        word = "dòng" if lang == "vi" else "line"
        self.assertEqual([int(n) for n in re.findall(rf"\b{word} (\d+)", answer.err)], lines)
        self.assertEqual(self.stage.log_size(), before)
        return answer.err

    def test_survey_faults_of_file_and_state_in_order_of_lines(self):
        path = self.stage.write(
            "survey.csv", "unit,code,value\nZ,2.3,1\nA,2.3,abc\nA,9.9,1\nD,2.3,2\nB,1.1,1\n"
        )
        arguments = ("survey", "import", path, "--year", YEAR, "--group", "ward")
        told = self.faulty(*arguments, lines=[2, 3, 4, 5, 6])
        self.assertIn("there is no unit Z", told)
        told = self.faulty(*arguments, lines=[2, 3, 4, 5, 6], lang="vi")
        self.assertIn("không có đơn vị Z", told)

    def test_one_line_may_have_faults_of_both_kinds(self):
        path = self.stage.write("both.csv", "unit,code,value\nZ,9.9,1\n")
        self.faulty("survey", "import", path, "--year", YEAR, "--group", "ward", lines=[2, 2])

    def test_survey_of_a_group_without_a_set(self):
        path = self.stage.write("none.csv", "unit,code,value\nD,1,abc\n")
        told = self.faulty(
            "survey", "import", path, "--year", YEAR, "--group", "department", lines=[2]
        )
        self.assertIn("no criteria set for group department", told)
        path = self.stage.write("none.csv", "unit,code,value\nD,1,1\n")
        answer = self.stage.office(
            "survey", "import", path, "--year", YEAR, "--group", "department", check=False
        )
        self.refused(answer, stage.NO, "department")

    def test_tasks_faults_of_file_and_state(self):
        path = self.stage.write(
            "tasks.csv",
            TASKS
            + f"T2,{YEAR},Z,x,a,,continuous,,,\n"
            + f"T3,{YEAR},A,x,zz,,continuous,,,\n"
            + f"T1,{YEAR},A,x,a,,continuous,,,\n"
            + f"T4,{YEAR},@nobody,x,a,,sometime,,,\n",
        )
        self.faulty("tasks", "import", path, lines=[2, 3, 4, 5, 5])

    def test_units_whose_dates_do_not_go_with_those_known(self):
        self.stage.office(
            "units",
            "import",
            self.stage.write("u.csv", "code,name,group,valid_from\nN,Xã N,ward,01/01/2025\n"),
        )
        path = self.stage.write(
            "u.csv", "code,name,group,valid_to\nN,Xã N,ward,01/01/2024\nM,Xã M,ward,never\n"
        )
        self.faulty("units", "import", path, lines=[2, 3])

    def test_criteria_tell_of_answers_beside_the_faults(self):
        self.stage.enrol("A")
        self.stage.agent("A", "report", "--year", YEAR, "1.1", "value=4")
        self.stage.agent("A", "send")
        self.stage.office_caught_up()
        answer = self.stage.criteria(stage.HEADER + "1,,field,x,y,abc,points,,,\n", check=False)
        self.assertEqual(answer.status, USAGE, str(answer))
        self.assertIn("in use", answer.err)
        self.assertIn("abc", answer.err)


class Again(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre(serve_office=False)
        s.units("A,Phường A,ward")

    def outbox(self):
        return self.stage.office("status", "--json").json()["outbox"]

    def test_an_import_that_waits_is_not_written_again(self):
        s = self.stage
        units = s.write("units.csv", "code,name,group\nB,Phường B,ward\n")
        more = s.write("more.csv", "code,name,group,valid_to\nB,Phường B,ward,31/12/2030\n")
        wanted = s.write("set.csv", stage.SMALL_SET)
        tasks = s.write("tasks.csv", TASKS + f"T1,{YEAR},B,x,a,,event:E+5d,,,\n")
        survey = s.write("survey.csv", "unit,code,value\nB,2.3,1\n")
        imports = [
            ("units", "import", units),
            ("units", "import", more),
            ("criteria", "import", wanted, "--set", "S", "--year", YEAR, "--group", "ward"),
            ("tasks", "import", tasks),
            ("survey", "import", survey, "--year", YEAR, "--group", "ward"),
            ("event", "E", "01/02/2026"),
        ]
        answer = s.office("event", "F", "01/02/2026")
        self.assertIn("No task's deadline hangs on F", answer.out)
        s.services[0].stop()
        for count, arguments in enumerate(imports, 1):
            for _ in range(2):
                answer = s.office(*arguments, "--timeout", 1, check=False)
                self.assertEqual(answer.status, PEER, str(answer))
                self.assertEqual(self.outbox(), count, str(answer))
            self.assertIn("waits to be delivered already", answer.out)
#What a second import does not mention stays as the first, still waiting, has it.
        answer = s.office("units", "import", units, "--timeout", 1, check=False)
        self.assertEqual(self.outbox(), len(imports))
        s.services.append(s.serve("broker"))
        answer = s.office(*imports[4], "--json").json()
        self.assertEqual((answer["changed"], answer["unchanged"]), (1, 0))
        self.assertEqual(self.outbox(), 0)
        self.assertEqual(s.office(*imports[5], "--json").json()["tasks"], 1)
        self.assertNotIn("hangs", s.office(*imports[5]).out)
        for arguments in imports:
            self.assertIn(s.office(*arguments, "--json").json()["changed"], (0, False))
        status = s.office("status", "--json").json()
        self.assertEqual(status["refused"], 0)
        self.assertEqual(status["delivered"], 3 + len(imports))  # its enrolment, the first units, F


if __name__ == "__main__":
    stage.main()
