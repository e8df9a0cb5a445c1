"""Goal: what people really type into nganam-agent is read right or refused by line and column with what
was expected, nothing of a refused report is kept, and every command has its exit status and its words
when there is nothing to say.
Method: the real program, offline, on data directories laid out by make_desk (a unit whose inbox brought
a criteria set and tasks); what it saved is read back with make_desk show.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unicodedata
import unittest

PROGRAMS = pathlib.Path(os.environ["NGANAM_BIN"])
MAKE_DESK = os.environ["NGANAM_MAKE_DESK"]
DONE, NO, USAGE, PEER, STORAGE = 0, 1, 2, 3, 4
WITHIN = 60


class Answer:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode("utf-8")
        self.err = done.stderr.decode("utf-8")

    def __str__(self):
        return f"exit {self.status}\nout: {self.out}\nerr: {self.err}"


class Desk(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nganam-agent-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        self.make("new")

    def make(self, command, *arguments):
        return subprocess.run([MAKE_DESK, command, self.data, *arguments], check=True, capture_output=True,
                              timeout=WITHIN).stdout.decode("utf-8")

    def said(self):
        """{code: the newest own answer as make_desk shows it}"""
        return dict(line.split(" ", 1) for line in self.make("show").splitlines())

    def command(self, *arguments, lang="en"):
        return [PROGRAMS / "nganam-agent", *arguments, "--data", self.data, "--lang", lang]

    def agent(self, *arguments, status=DONE, stdin=None, **options):
        answer = Answer(subprocess.run(self.command(*arguments, **options), input=stdin or b"",
                                       capture_output=True, timeout=WITHIN, check=False))
        self.assertEqual(answer.status, status, f"{arguments}: {answer}")
        return answer

    def refused(self, *arguments, status=NO, words=(), told=None):
        """One line on stderr with these words, behind the alarm that is told; nothing on stdout."""
        answer = self.agent(*arguments, status=status)
        lines = answer.err.splitlines()
        if told is not None:
            self.assertIn(told, lines.pop(0))
        self.assertEqual(len(lines), 1, str(answer))
        self.assertEqual(answer.out, "")
        for word in words:
            self.assertIn(word, answer.err)
        return answer

    def file(self, text, name="report.csv"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    def report(self, text, **options):
        return self.agent("report", "--year", "2026", "--file", self.file(text), **options)

    def status(self):
        return json.loads(self.agent("status", "--json").out)


class Numbers(Desk):
    def test_numbers_as_people_write_them(self):
        for text, value in (("51,75", "51.75"), ("61.86", "61.86"), ("92.34999999999999", "92.35"),
                            ("7", "7"), ("84,58%", "84.58")):
            self.report(f"code;value\n1.1;{text}\n")
            self.assertIn(f"value={value}", self.said()["1.1"], text)
        self.report('code,value\n1.4,"84,58%"\n')
        self.assertIn("value=84.58", self.said()["1.4"])

    def test_each_fault_is_named_by_line_and_column_with_what_was_expected(self):
        cases = {
            "1.1,1.234,,,": ("line 3, value", '"1.234" can be read two ways', "1234", "1.234"),
            "1.1,abc,,,": ("line 3, value", '"abc" is not a number', "51,75"),
            "1.1,101,,,": ("line 3, value", "101 is more than the maximum 100"),
            "2.2,-1,,,": ("line 3, value", "-1 is negative", "0 or more"),
            "2.1,1.5,,,": ("line 3, value", "1.5 is not a whole number"),
            "1.3,,7,,": ("line 3, denominator", "denominator is missing"),
            "1.3,,9,7,": ("line 3, numerator", "9 is more than the denominator 7"),
            "1.2,,,,perhaps": ("line 3, choice", "perhaps", "full, half, none"),
            "9.9,1,,,": ("line 3, code", "9.9 is not in the criteria set"),
            "2.3,1,,,": ("line 3, code", "survey"),
            "1,1,,,": ("line 3, code", "sum of its parts"),
            "1.1,,,,full": ("line 3, choice", "expected", "value"),
        }
        for row, words in cases.items():
            with self.subTest(row):
                answer = self.report(f"code,value,numerator,denominator,choice\n1.4,1,,,\n{row}\n", status=USAGE)
                for word in words:
                    self.assertIn(word, answer.err)
                self.assertIn("nothing was saved", answer.err)
        self.assertEqual(self.said(), {}, "a refused report left something behind")

    def test_all_faults_at_once_as_text_and_as_json(self):
        path = self.file("code,value,choice\n1.1,101,\n1.2,,x\n9.9,1,\n")
        arguments = ("report", "--year", "2026", "--file", path)
        answer = self.agent(*arguments, status=USAGE)
        lines = answer.err.splitlines()
        self.assertEqual(len(lines), 4)
        for line, number in zip(lines, (2, 3, 4)):
            self.assertIn(f"report.csv: line {number}, ", line)
        self.assertIn("3 faults", lines[3])
        document = json.loads(self.agent(*arguments, "--json", status=USAGE).out)
        self.assertEqual(document["error"]["code"], "input")
        self.assertEqual([(f["line"], f["column"], f["reason"]) for f in document["faults"]],
                         [(2, "value", "above_maximum"), (3, "choice", "unknown_choice"),
                          (4, "code", "unknown_component")])

    def test_lines_of_a_form_that_were_not_filled_in(self):
        self.report("code,value,choice\n1.1,,\n1.2,,full\n")
        self.assertEqual(list(self.said()), ["1.2"])
        self.assertIn("no answer", self.report("code,value,choice\n1.1,,\n1.2,,\n", status=USAGE).err)
        answer = self.report("code,choice,explanation\n1.2,,chưa rõ\n", status=USAGE)
        self.assertIn("choice is expected", answer.err)

    def test_na_and_nothing_arose(self):
        self.report("code,na,numerator,denominator\n1.1,true,,\n1.3,none,,\n")
        self.assertIn("answered=1", self.said()["1.1"])
        self.assertIn("answered=2", self.said()["1.3"])
        self.report("code,na\n2.2,true\n", status=USAGE)


class Files(Desk):
    def test_files_as_programs_save_them(self):
        rows = [["code", "choice", "explanation"], ["1.2", "half", "Đã rà soát, sửa đổi"]]
        number = 0
        for separator in (",", ";"):
            for end in ("\n", "\r\n", "\r"):
                for mark in ("", "\ufeff"):
                    for form in ("NFC", "NFD"):
                        number += 1
                        rows[1][2] = f'"Đã rà soát, sửa đổi {number}"'
                        body = end.join(separator.join(row) for row in rows) + end
                        self.report(mark + unicodedata.normalize(form, body))
                        self.assertTrue(self.said()["1.2"].endswith(f"explanation=Đã rà soát, sửa đổi {number}"),
                                        (separator, end, mark, form))

    def test_a_legacy_encoding_is_refused_with_advice(self):
        answer = self.report(b"code,value,explanation\n1.1,1,T\xfd \xb5\xa9\n", status=USAGE)
        self.assertIn("UTF-8", answer.err)
        self.assertEqual(self.said(), {})

    def test_files_that_are_none(self):
        for text in ("", "\n\n", "nothing,here\n1,2\n", 'code,value\n1.1,"1\n', "code,value\n1.1,2,3\n"):
            self.report(text, status=USAGE)
        for path in (self.folder / "missing.csv", self.folder):
            self.refused("report", "--year", "2026", "--file", path, status=USAGE, words=(str(path),))
        self.assertEqual(self.said(), {})

    def test_standard_input(self):
        self.agent("report", "--year", "2026", "--file", "-", stdin=b"code,value\n1.1,5\n")
        self.assertIn("value=5", self.said()["1.1"])

    def test_evidence_that_lies_beside_the_file_gets_its_size(self):
        self.file("%PDF-", name="quyết định.pdf")
        self.report("code,value,evidence\n1.1,5,quyết định.pdf|elsewhere.pdf\n")
        self.assertTrue(self.said()["1.1"].endswith(" quyết định.pdf:5 elsewhere.pdf:0"), self.said())


class Saying(Desk):
    def test_a_report_says_its_number(self):
        document = json.loads(self.agent("report", "--year", "2026", "--period", "2026-Q3", "1.1", "value=5",
                                         "--json").out)
        self.assertEqual((document["schema"], document["seq"], document["components"], document["period"]),
                         (1, 1, 1, "2026-Q3"))
        self.assertIn("number 2: 1 component of 2026", self.agent("report", "--year", "2026", "1.2",
                                                                   "choice=full").out)
        self.assertEqual(self.status()["outbox"], 2)

    def test_the_same_file_twice_changes_nothing_and_says_so(self):
        text = "code,value,choice\n1.1,5,\n1.2,,full\n"
        self.report(text)
        answer = self.report(text)
        self.assertIn("Nothing new", answer.out)
        self.assertEqual(self.status()["outbox"], 1)

    def test_only_what_changed_is_said_again(self):
        self.report("code,value,choice\n1.1,5,\n1.2,,full\n")
        self.assertIn("1 unchanged", self.report("code,value,choice\n1.1,6,\n1.2,,full\n").out)
        self.assertIn("value=6", self.said()["1.1"])
        self.assertIn("choice=full", self.said()["1.2"])

    def test_a_partial_report_leaves_the_rest_as_it_was(self):
        self.report("code,value,choice\n1.1,5,\n1.2,,full\n")
        self.report("code,value\n1.1,7\n")
        self.assertIn("value=7", self.said()["1.1"])
        self.assertIn("choice=full", self.said()["1.2"])

    def test_what_the_office_refused_may_be_said_again(self):
        self.report("code,value\n1.1,60\n")
        self.make("deliver")
        self.assertIn("Nothing new", self.report("code,value\n1.1,60\n").out)
        self.make("refuse", "1")
        self.assertEqual(self.status()["refused"], 1)
        self.assertIn("1.1: 60 is more than the maximum 50", self.agent("inbox").out)
        self.assertIn("number 2", self.report("code,value\n1.1,60\n").out)
        self.assertEqual(self.status()["refused"], 0)

    def test_a_set_that_was_answered_stands(self):
        self.report("code,value\n1.1,60\n")
        self.make("deliver")
        self.make("change")
        self.assertIn("maximum 50", self.report("code,value\n1.1,70\n", status=USAGE).err)
        self.make("accept")  # so the other set was refused by the office
        self.report("code,value\n1.1,70\n")
        self.assertIn("7 components", self.agent("inbox").out)

    def test_words_of_the_command(self):
        self.agent("report", "--year", "2026", "1.3", "numerator=4", "denominator=5", "explanation=vì mưa")
        self.assertIn("ratio=4/5", self.said()["1.3"])
        self.refused("report", "--year", "2026", "1.1", "value=101", status=USAGE,
                     words=("1.1: value: 101 is more than the maximum 100",))
        self.refused("report", "--year", "2026", "1.1", "wert=1", status=USAGE, words=("wert",))
        self.refused("report", "--year", "2026", "1.1", status=USAGE, words=("value is expected",))

    def test_years_and_periods(self):
        self.refused("report", "1.1", "value=1", status=USAGE, words=("--year",))
        self.refused("report", "--year", "2026", "--period", "2025-Q1", "1.1", "value=1", status=USAGE,
                     words=("2026-Q3",))
        self.refused("report", "--year", "2024", "1.1", "value=1",
                     words=("no criteria of 2024", '"ward"', "2026, 2025", "nganam-agent send"))
        self.refused("report", "--year", "2026", status=USAGE, words=("--file", "CODE"))
        self.refused("report", "--year", "2026", "1.1", "value=1", "--file", "x.csv", status=USAGE)

    def test_a_large_report_is_one_import_in_parts(self):
        path = self.file("code,value\n" + "".join(f"1.{i},1\n" for i in range(1, 301)))
        arguments = ("report", "--year", "2025", "--file", path)
        document = json.loads(self.agent(*arguments, "--json").out)
        self.assertEqual((document["first_seq"], document["seq"], document["statements"],
                          document["components"]), (1, 2, 2, 300))
        self.assertEqual(len(self.said()), 300)
        self.assertIn("Nothing new", self.agent(*arguments).out)

    def test_a_report_in_parts_is_judged_at_its_last_part(self):
        path = self.file("code,value\n" + "".join(f"1.{i},1\n" for i in range(1, 301)))
        arguments = ("report", "--year", "2025", "--file", path)
        self.agent(*arguments)
        for number in ("1", "2"):
            self.make("deliver", "1795401660000", number)
        self.assertEqual(self.status()["refused"], 0)
        self.assertEqual(self.receipts(), [None, None])
        self.make("refuse", "2", "50", "290")  # one act of each part, counted through both
        self.assertEqual(self.receipts(), ["partly_refused", "partly_refused"])
        refused = json.loads(self.agent("inbox", "--json").out)["refused"]
        self.assertEqual(len(refused), 2, refused)
        document = json.loads(self.agent(*arguments, "--json").out)  # just these two are said again
        self.assertEqual((document["components"], document["statements"]), (2, 1))

    def test_a_report_in_parts_met_the_set_of_its_last_part(self):
        path = self.file("code,value\n" + "".join(f"1.{i},1\n" for i in range(1, 301)))
        self.agent("report", "--year", "2025", "--file", path)
        for number in ("1", "2"):
            self.make("deliver", "1795401660000", number)
        self.make("refuse", "2", "5", "290")
        self.make("change", "2025")  # between the two parts
        self.refused("report", "--year", "2025", "1.1", "value=60", status=USAGE, words=("maximum 50",))

    def receipts(self):
        return [r["verdict"] for r in json.loads(self.agent("receipts", "--json").out)["receipts"]]


class Drafts(Desk):
    def test_a_draft_waits_and_is_reported_when_it_is_right(self):
        path = self.file("code,value\n1.1,101\n")
        answer = self.agent("report", "--year", "2026", "--period", "2026-11", "--draft", "--file", path)
        self.assertIn("2026-11.1", answer.out)
        self.assertIn("line 2, value", answer.out)
        self.assertEqual(self.status()["outbox"], 0)
        self.assertEqual(self.agent("report", "--drafts").out.split(), ["2026-11.1"])
        self.agent("report", "--from-draft", "2026-11.1", status=USAGE)
        (self.data / "drafts" / "2026-11.1.csv").write_text("code,value\n1.1,100\n")
        self.agent("report", "--from-draft", "2026-11.1")
        self.assertIn("2026-11 answered=0 value=100", self.said()["1.1"])
        self.assertIn("No drafts", self.agent("report", "--drafts").out)
        self.refused("report", "--from-draft", "2026-11.1", words=("no draft",))

    def test_words_become_a_draft_file(self):
        self.agent("report", "--year", "2026", "1.2", "choice=full", 'explanation=nói "thế", vậy', "--draft")
        self.agent("report", "--from-draft", "2026.1")
        self.assertTrue(self.said()["1.2"].endswith('explanation=nói "thế", vậy'))


class Tasks(Desk):
    def test_progress_is_saved_once(self):
        evidence = self.file("%PDF-1.4 123", name="bien-ban.pdf")
        arguments = ("task", "NV-07", "--percent", "100", "--completed", "1/11/2026", "--evidence", evidence,
                     "--note", "đã xong")
        self.assertIn("number 1: task NV-07, 100 %", self.agent(*arguments).out)
        self.assertIn("Nothing new", self.agent(*arguments).out)
        self.assertEqual(self.said()["NV-07"], "100% completed=2026-11-01 note=đã xong evidence=1")
        self.assertIn("reported: 100 %", self.agent("inbox").out)

    def test_a_recurring_task_is_reported_once_for_each_deadline(self):
        arguments = ("task", "NV-20", "--percent", "100")
        self.assertIn("number 1: task NV-20, 100 %", self.agent(*arguments).out)
        self.assertIn("Nothing new", self.agent(*arguments).out)
        self.assertIn("reported: 100 %", self.agent("inbox").out)
        self.make("deliver", "1640995200000")  # in 2022: many deadlines have passed since
        self.assertNotIn("reported: 100 %", self.agent("inbox").out)
        self.assertIn("number 2: task NV-20, 100 %", self.agent(*arguments).out)
        self.assertIn("Nothing new", self.agent(*arguments).out)
        self.agent("task", "NV-07", "--percent", "100")
        self.assertIn("Nothing new", self.agent("task", "NV-07", "--percent", "100").out)

    def test_the_inbox_says_when_tasks_are_due(self):
        out = self.agent("inbox").out
        self.assertIn("due: each Friday", out)
        self.assertIn("due: 20 days after QD-1: 21/11/2026;", out)
        tasks = {task["code"]: task for task in json.loads(self.agent("inbox", "--json").out)["tasks"]}
        self.assertEqual(tasks["NV-30"]["next_due"], "2026-11-21")
        self.assertEqual(tasks["NV-07"]["next_due"], "2026-11-30")

    def test_the_inbox_says_what_is_overdue_until_it_is_reported_as_done(self):
        def overdue(code):
            tasks = json.loads(self.agent("inbox", "--json").out)["tasks"]
            return {task["code"]: task["overdue"] for task in tasks}[code]

        self.assertTrue(overdue("NV-40"))  # due on 31/01/2022
        self.assertFalse(overdue("NV-20"))  # each Friday
        self.assertFalse(overdue("NV-50"))  # the group's, on the day before the unit began
        self.assertTrue(overdue("NV-51"))
        self.assertIn("due: 31/01/2022; nothing reported – OVERDUE", self.agent("inbox").out)
        self.agent("task", "NV-40", "--percent", "99")
        self.assertTrue(overdue("NV-40"))
        self.agent("task", "NV-40", "--percent", "100")
        self.assertFalse(overdue("NV-40"))

    def test_a_task_of_several_years_takes_the_year_given(self):
        document = json.loads(self.agent("task", "NV-12", "--percent", "5", "--year", "2024", "--json").out)
        self.assertEqual(document["year"], 2024)
        self.refused("task", "NV-12", "--percent", "5", "--year", "2031", words=("2031",))

    def test_what_cannot_be_is_refused(self):
        self.refused("task", "nv-7", "--percent", "5", words=("NV-07",))
        self.refused("task", "chuyện-khác", "--percent", "5", words=("nganam-agent inbox",))
        self.refused("task", "NV-07", "--percent", "101", status=USAGE, words=("0 to 100",))
        self.refused("task", "NV-07", "--percent", "x", status=USAGE, words=("percent",))
        self.refused("task", "NV-07", status=USAGE, words=("--percent",))
        self.refused("task", "NV-07", "--percent", "100", "--completed", "31/2/2026", status=USAGE,
                     words=("30/11/2026",))
        self.refused("task", "NV-07", "--percent", "50", "--completed", "1/11/2026", status=USAGE,
                     words=("--percent 100",))
        self.refused("task", "NV-07", "--percent", "100", "--completed", "1/11/2100", status=USAGE,
                     words=("still to come",))
        self.refused("task", "NV-07", "--percent", "100", "--evidence", self.folder / "missing.pdf",
                     status=USAGE, words=("missing.pdf", "no such file"))
        self.refused("task", "NV-07", "--percent", "100", "--evidence", self.folder, status=USAGE)
        self.assertEqual(self.said(), {})


class Receipts(Desk):
    def test_no_receipt_yet(self):
        self.assertIn("No receipt yet", self.agent("receipts", status=NO).out)
        self.assertEqual(json.loads(self.agent("receipts", "--json", status=NO).out),
                         {"schema": 1, "receipts": []})
        self.refused("receipts", "--export", "1", words=("nothing with number 1",))
        self.report("code,value\n1.1,60\n")
        self.refused("receipts", "--export", "1", words=("no receipt yet",))
        self.refused("receipts", "--export", "0", status=USAGE)

    def test_a_number_may_be_typed_as_the_list_prints_it(self):
        for number in ("1234", "1.234", "1,234"):
            self.refused("receipts", "--export", number, words=("nothing with number 1,234",))
        self.refused("receipts", "--export", "1.234.567", words=("nothing with number 1,234,567",))
        for number in ("", ".", "1.", ".234", "1.23", "1234.567", "1.2345", "1.234,567", "0.123", "1..234", "-1",
                       "9.999.999.999.999.999.999.999"):
            self.refused("receipts", f"--export={number}", status=USAGE)

    def test_a_receipt_is_listed_and_exported(self):
        self.report("code,value\n1.1,60\n")
        self.make("deliver")
        self.assertIn("8  09:41 23/11/2026       1  report 2026, component 1.1", self.agent("receipts").out)
        document = json.loads(self.agent("receipts", "--json").out)
        self.assertEqual(document["receipts"][0]["received_at"], "2026-11-23T09:41:00+07:00")
        proof = self.agent("receipts", "--export", "1").out
        self.assertTrue(proof.startswith("c2sp.org/tlog-proof@v1\n"))
        self.assertIn("\nindex 8\n", proof)

    def test_a_receipt_that_changed_on_the_disk_is_not_exported(self):
        self.report("code,value\n1.1,60\n")
        self.make("spoil")
        self.refused("receipts", "--export", "1", words=("damaged",))


class Alarms(Desk):
    def alarms(self, *arguments):
        return json.loads(self.agent("alarms", *arguments, "--json").out)["alarms"]

    def test_they_are_read_by_a_person_and_stay(self):
        self.assertIn("No alarms", self.agent("alarms", status=NO).out)
        self.make("alarm", "the broker lied", "two heads\n")
        self.make("alarm", "something else")
        self.assertEqual([a["text"] for a in self.status()["alarms"]], ["the broker lied", "something else"])
        first, second = self.alarms()
        self.assertEqual((first["number"], first["text"], first["read"], first["evidence"]),
                         (1, "the broker lied", None, 10))
        self.assertEqual(self.agent("alarms", "--export", "1").out, "two heads\n")
        self.refused("alarms", "--export", "2", words=("no evidence",), told="the broker lied")
        self.refused("alarms", "--export", "3", words=("no alarm number 3",), told="the broker lied")
        self.refused("alarms", "--read", "3", words=("no alarm number 3",), told="the broker lied")
        for wrong in ("0", "x", "-1", "", "99999999999999999999"):
            self.refused("alarms", "--read", wrong, status=USAGE, words=("--read",), told="the broker lied")
        answer = self.agent("alarms", "--read", "1")
        lines = answer.out.splitlines()
        self.assertTrue(lines[0].endswith("  the broker lied (read)"), lines)
        self.assertTrue(lines[1].endswith("  something else"), lines)
        self.assertEqual([a["text"] for a in self.status()["alarms"]], ["something else"])
        self.assertNotIn("the broker lied", self.agent("status").out)
        self.assertIn("--read marks", self.agent("status").out)
        self.agent("alarms", "--read", "all")
        self.assertEqual(self.status()["alarms"], [])
        self.assertNotIn("ALARMS", self.agent("status").out)
        self.assertTrue(all(a["read"] for a in self.alarms()))

    def test_no_receipt_in_time(self):
        self.make("wait", "23")
        self.assertEqual(self.status()["alarms"], [])
        self.refused("alarms", "--after", "9999", status=USAGE, words=("1 to",))
        answer = self.agent("alarms", "--after", "22")
        self.assertIn("number 1, written at", answer.out)
        self.assertIn("nganam-agent bundle", answer.out)
        self.assertEqual(len(self.status()["alarms"]), 1)
        self.assertEqual(json.loads(self.agent("alarms", "--json").out)["after_hours"], 22)

    def test_status_looks_by_itself(self):
        self.make("wait", "25")
        self.assertIn("number 1, written at", self.agent("status").out)
        self.agent("alarms", "--read", "all")
        self.assertEqual(self.status()["alarms"], [])

    def test_serve_looks_by_itself(self):
        self.make("wait", "25")
        with subprocess.Popen(self.command("serve"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as service:
            try:
                self.assertEqual(service.stdout.readline(), b"ready -\n")
                service.send_signal(signal.SIGTERM)
                _, err = service.communicate(timeout=WITHIN)
            finally:
                service.kill()
        self.assertEqual(service.returncode, DONE)
        self.assertIn(b"overdue_alarm", err)
        self.assertIn(b"number 1, written at", err)


class Processes(Desk):
    def test_nobody_is_enrolled_here(self):
        shutil.rmtree(self.data)
        for arguments in (("status",), ("inbox",), ("receipts",), ("send",), ("serve",), ("alarms",), ("bundle",), ("submit", "x"),
                          ("task", "NV-07", "--percent", "1"), ("report", "--year", "2026", "1.1", "value=1")):
            self.refused(*arguments, words=("not enrolled", "nganam-agent enrol"))
        self.assertFalse(self.data.exists())

    def test_an_enrolment_that_was_interrupted(self):
        os.rename(self.data / "identity", self.data / "identity.new")
        self.refused("status", words=("interrupted", "same slip"))

    def test_slips_that_are_none(self):
        self.refused("enrol", "nganam1:AAAA", status=USAGE)
        self.refused("enrol", self.folder / "no-slip", status=USAGE, words=("nganam1:",))
        self.refused("enrol", self.file("something else"), status=USAGE, words=("nganam1:",))
        self.refused("enrol", self.folder, status=USAGE, words=(str(self.folder),))
        self.refused("enrol", self.file("x" * 100000), status=USAGE, words=("report.csv",))
        os.symlink("loop", self.folder / "loop")
        self.refused("enrol", self.folder / "loop", status=USAGE, words=("loop",))
        self.agent("enrol", "-", stdin=b"", status=USAGE)

    def test_the_broker_is_not_reached(self):
        self.report("code,value\n1.1,60\n")
        self.refused("send", "--timeout", "1", status=PEER,
                     words=("127.0.0.1:1", "1 report stays safe on this machine"))
        document = json.loads(self.agent("send", "--timeout", "1", "--json", status=PEER).out)
        self.assertEqual((document["outbox"], document["error"]["code"]), (1, "peer"))
        self.assertEqual(self.status()["outbox"], 1)

    def test_serve_is_ready_offline_alone_and_stops_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with subprocess.Popen(self.command("serve"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as service:
                try:
                    self.assertEqual(service.stdout.readline(), b"ready -\n")
                    self.refused("serve", status=STORAGE, words=("another nganam-agent",))
                    self.report(f"code,value\n1.1,{int(number)}\n")
                    service.send_signal(number)
                    self.assertEqual(service.wait(WITHIN), DONE)
                finally:
                    service.kill()
        self.assertEqual(self.status()["outbox"], 2)

    def test_serve_gives_a_sign_of_life_once_a_day(self):
        def served():
            with subprocess.Popen(self.command("serve"), stdout=subprocess.PIPE) as service:
                try:
                    self.assertEqual(service.stdout.readline(), b"ready -\n")
                    service.send_signal(signal.SIGTERM)
                    self.assertEqual(service.wait(WITHIN), DONE)
                finally:
                    service.kill()
            return self.status()["outbox"]

        self.assertEqual(served(), 0, "nothing was ever written here")
        self.make("wait", "30")
        self.assertEqual(served(), 1, "what waits is sign enough")
        self.make("deliver")
        self.assertEqual(served(), 1)
        self.assertEqual(served(), 1, "one is enough")
        self.make("deliver", "1795401660000", "2")
        self.assertIn("daily sign of life", self.agent("receipts").out)
        self.assertEqual(served(), 0, "it was today's")

    def test_a_store_of_another_version(self):
        shutil.rmtree(self.data / "party")
        self.refused("status", status=STORAGE, words=(str(self.data),))

    def test_help_and_unknown_words(self):
        for command in ("enrol", "report", "task", "send", "serve", "status", "receipts", "inbox", "alarms",
                        "bundle", "submit"):
            answer = self.agent(command, "--help")
            self.assertIn(f"nganam-agent {command}", answer.out)
            self.assertNotIn("queue", answer.out)
        self.refused("raport", status=USAGE, words=("report",))


class Roles(Desk):
    def test_who_does_not_know_its_role_assigns_nothing(self):
        words = ("--name", "x", "--due", "continuous")
        self.refused("assign", "P.1", "--to", "Q", *words, words=("send first",))


if __name__ == "__main__":
    unittest.main(verbosity=1)
