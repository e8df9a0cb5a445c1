"""Goal: the commands, JSON keys and exit statuses that others script against stay as they are.
Method: a small town is run by the real programs; every command's answer is compared with the contract.
"""
import json
import re

import stage
from stage import NO, PEER, STORAGE, USAGE, YEAR


class Contract(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward", "B,Phường B,ward", "D,Phòng D,department")
        s.criteria(stage.SMALL_SET)
        s.office(
            "tasks",
            "import",
            s.write(
                "tasks.csv",
                (
                    "code,year,unit,name,area,partners,due,weight,product,source\n"
                    f"T1,{YEAR},A,Nhiệm vụ một,a,,continuous,,,\n"
                ),
            ),
        )
        s.enrol("A")
        s.agent("A", "report", "--year", YEAR, "1.1", "value=4,5")
        s.agent("A", "send")
        s.office_caught_up()

    def keys(self, document, *names):
        """The contract's keys come first and in their order; later versions may add others behind."""
        self.assertEqual(document["schema"], 1)
        self.assertEqual([key for key in document if key != "schema"][: len(names)], list(names))

    # ---- broker ----

    def test_broker_init_says_what_slips_need(self):
        made = self.stage.made
        self.keys(made, "origin", "log_vkey", "endpoint", "office_slip")
        self.assertEqual(made["origin"], stage.ORIGIN)
        self.assertTrue(made["log_vkey"].startswith(stage.ORIGIN + "+"))
        self.assertTrue(made["office_slip"].startswith("nganam1:"))

    def test_broker_init_never_runs_over_a_log(self):
        before = self.stage.broker("log", "head", "--json").json()
        answer = self.stage.broker("init", "--origin", "other.example/log", check=False)
        self.refused(
            answer, STORAGE, str(self.stage.data("broker"))
        )  # in use by the running broker
        self.assertEqual(before, self.stage.broker("log", "head", "--json").json())
        folder = self.stage.data("second")
        stage.programs.run("broker", "init", "--origin", "one.example/log", data=folder)
        answer = stage.programs.run(
            "broker", "init", "--origin", "other.example/log", data=folder, check=False
        )
        self.refused(answer, NO, "one.example/log")

    def test_broker_is_ready_with_its_address(self):
        self.assertEqual(self.stage.services[0].ready, f"ready {self.stage.endpoint}")

    def test_log_head_list_show(self):
        head = self.stage.broker("log", "head", "--json").json()
        self.assertEqual(head["schema"], 1)
        self.assertGreater(head["size"], 5)
        self.assertRegex(self.stage.broker("log", "list").out, r"^ *Index +Received .*\n +0  ")
        listed = self.stage.broker("log", "list", "--json").json()
        self.assertEqual(len(listed["entries"]), head["size"])
        self.assertEqual([e["index"] for e in listed["entries"]], list(range(head["size"])))
        shown = self.stage.broker("log", "show", 0, "--json").json()
        self.assertEqual(shown["author"], "log")
        self.assertEqual(self.stage.broker("log", "show", 10**6, check=False).status, NO)

    def test_log_verify_is_clean(self):
        answer = self.stage.broker("log", "verify", "--json")
        self.assertEqual(answer.json()["schema"], 1)

    def test_log_proofs_are_base64_hashes_one_a_line(self):
        size = self.stage.log_size()
        for words in (("inclusion", 1, size), ("consistency", 2, size)):
            lines = self.stage.broker("log", "prove", *words).out.split()
            self.assertTrue(lines)
            for line in lines:
                self.assertRegex(line, r"^[A-Za-z0-9+/]{43}=$")
        answer = self.stage.broker("log", "prove", "inclusion", size, size, check=False)
        self.assertIn(answer.status, (NO, USAGE))

    # ---- agent ----

    def test_agent_status(self):
        status = self.stage.agent("A", "status", "--json").json()
        self.keys(status, "unit", "outbox", "delivered", "last_index", "head", "alarms")
        self.assertEqual(status["unit"], "A")
        self.assertEqual(status["outbox"], 0)
        self.assertGreaterEqual(status["delivered"], 2)  # its enrolment and its report
        self.assertEqual(list(status["head"]), ["size", "root"])
        self.assertEqual(status["alarms"], [])

    def test_agent_report_gives_its_number(self):
        path = self.stage.write("more.csv", "code,choice\n1.2,half\n")
        answer = self.stage.agent(
            "A", "report", "--year", YEAR, "--period", f"{YEAR}-Q1", "--file", path, "--json"
        ).json()
        self.assertIsInstance(answer["seq"], int)
        self.stage.agent("A", "send")

    def test_agent_receipts_are_public_proofs(self):
        listed = self.stage.agent("A", "receipts").out
        self.assertTrue(listed.strip())
        text = self.stage.agent("A", "receipts", "--export", 1).out
        self.assertTrue(text.startswith("c2sp.org/tlog-proof@v1\n"), text[:80])

    def test_agent_task(self):
        self.stage.agent("A", "task", "T1", "--percent", 100)
        self.stage.agent("A", "send")

    def test_agent_without_a_broker_keeps_the_report_and_says_3(self):
        s = self.stage
        s.enrol("B", "--broker", s.endpoint)
        identity = s.data("B") / "identity"
        kept = json.loads(identity.read_text())
        kept["endpoint"] = f"tcp://127.0.0.1:{stage.programs.free_port()}"
        identity.write_text(json.dumps(kept))
        s.agent("B", "report", "--year", YEAR, "1.1", "value=3")
        answer = s.agent("B", "send", "--timeout", 2, check=False)
        self.refused(answer, PEER)
        self.assertGreaterEqual(s.agent("B", "status", "--json").json()["outbox"], 1)

    # ---- office ----

    def test_office_is_ready(self):
        self.assertEqual(self.stage.services[1].ready, "ready -")

    def test_office_invite(self):
        invited = self.stage.office("invite", "D", "--json").json()
        self.keys(invited, "unit", "slip")
        self.assertTrue(invited["slip"].startswith("nganam1:"))
        self.assertEqual(self.stage.office("invite", "NOBODY", check=False).status, NO)

    def test_board_keys(self):
        board = self.stage.board()
        self.keys(board, "year", "group", "basis", "log_size", "log_root", "frozen", "rows")
        row = board["rows"][0]
        self.assertEqual(
            list(row),
            [
                "rank",
                "tied",
                "unit",
                "name",
                "state",
                "points",
                "max",
                "index",
                "class",
                "answered",
                "components",
                "fields",
                "tasks",
                "updated_index",
            ],
        )
        self.assertEqual(list(row["fields"][0]), ["code", "points", "max"])
        self.assertEqual(list(row["tasks"]), ["done_on_time", "due", "total"])
        self.assertEqual((row["unit"], row["rank"], row["class"]), ("A", 1, None))
        self.assertRegex(row["points"], r"^\d+\.\d+$")

    def test_board_of_a_unit_without_a_report(self):
        row = self.stage.board()["rows"][-1]
        self.assertEqual((row["unit"], row["state"]), ("B", "missing"))
        self.assertEqual(
            (row["rank"], row["points"], row["index"], row["tied"]), (None, None, None, False)
        )

    def test_board_answers_no_where_there_is_nothing(self):
        for words in (("--basis", "appraised"), ("--basis", "published")):
            answer = self.stage.office(
                "board", "--year", YEAR, "--group", "ward", *words, check=False
            )
            self.assertEqual(answer.status, NO, str(answer))
        self.assertEqual(
            self.stage.office("board", "--year", YEAR, "--group", "nobody", check=False).status, NO
        )

    def test_board_at_an_earlier_size_is_the_board_of_then(self):
        now = self.stage.board()
        then = self.stage.office(
            "board", "--year", YEAR, "--group", "ward", "--at", now["log_size"], "--json"
        ).json()
        self.assertEqual(now, then)
        for at in (stage.figures.today().isoformat(), stage.figures.today().strftime("%d/%m/%Y")):
            answer = self.stage.office(
                "board", "--year", YEAR, "--group", "ward", "--at", at, "--json"
            )
            self.assertEqual(answer.json()["rows"], now["rows"])

    def test_explain(self):
        whole = self.stage.office("explain", "A", "--year", YEAR, "--json").json()
        self.assertEqual(whole["schema"], 1)
        part = self.stage.office("explain", "A", "1.1", "--year", YEAR, "--json").json()
        self.assertIn("4.5", json.dumps(part))
        self.assertEqual(
            self.stage.office("explain", "A", "9.9", "--year", YEAR, check=False).status, NO
        )

    def test_rebuild_check_is_clean(self):
        self.stage.office("rebuild", "--check")

    # ---- every command ----

    COMMANDS = {
        "broker": ["init", "serve", "log head", "log list", "log show", "log verify", "log prove"]
        + ["log export", "restore"],
        "agent": ["enrol", "report", "task", "send", "serve", "status", "receipts"],
        "office": [
            "init",
            "serve",
            "units import",
            "criteria import",
            "survey import",
            "tasks import",
            "invite",
            "board",
            "explain",
            "rebuild",
            "log head",
            "log list",
            "log show",
            "log verify",
            "log prove",
            "log export",
        ],
    }

    def test_every_command_has_help_in_both_languages(self):
        for program, commands in self.COMMANDS.items():
            for command in commands:
                texts = set()
                for lang in ("vi", "en"):
                    answer = stage.programs.run(program, *command.split(), "--help", "--lang", lang)
                    self.assertIn(command.split()[0], answer.out)
                    self.assertEqual(answer.err, "")
                    texts.add(answer.out)
                self.assertEqual(len(texts), 2, f"{program} {command}: the same in both languages")

    def test_usage_errors_are_one_line_and_2(self):
        run = stage.programs.run
        for program in self.COMMANDS:
            for words in (["--nonsense"], ["nonsense"]):
                self.refused(run(program, *words, check=False), USAGE)
        self.refused(self.stage.office("board", "--group", "ward", check=False), USAGE, "--year")
        self.refused(self.stage.agent("A", "report", "--year", YEAR, check=False), USAGE)

    def test_options_stand_in_any_order(self):
        s = self.stage
        data = s.data("office")
        one = stage.programs.run(
            "office", "board", "--data", data, "--json", "--group", "ward", "--year", YEAR
        )
        two = stage.programs.run(
            "office",
            "--year",
            YEAR,
            "--group",
            "ward",
            "--data",
            data,
            "board",
            "--json",
            env={"NGANAM_DATA": "/nonexistent"},
        )
        three = stage.programs.run(
            "office",
            "board",
            "--year",
            YEAR,
            "--group",
            "ward",
            "--json",
            env={"NGANAM_DATA": str(data)},
        )
        self.assertEqual(one.out, two.out)
        self.assertEqual(one.out, three.out)

    def test_people_get_a_comma_and_machines_a_dot(self):
        text = self.stage.office("board", "--year", YEAR, "--group", "ward", lang="vi").out
        self.assertRegex(text, r"\d,\d")
        text = self.stage.office("board", "--year", YEAR, "--group", "ward", lang="en").out
        self.assertRegex(text, r"\d\.\d")

    def test_vietnamese_is_the_default_even_under_a_bare_locale(self):
        for env in ({"LANG": "C"}, {"LANG": "", "LC_ALL": "POSIX"}):
            env["NGANAM_LANG"] = ""
            answer = stage.programs.run(
                "office", "board", check=False, data=self.stage.data("office"), env=env
            )
            self.assertTrue(re.search("[^\x00-\x7f]", answer.err), answer.err)
        answer = stage.programs.run(
            "office",
            "board",
            check=False,
            data=self.stage.data("office"),
            env={"NGANAM_LANG": "", "LC_ALL": "en_GB.UTF-8"},
        )
        self.assertFalse(re.search("[^\x00-\x7f]", answer.err), answer.err)

    def test_errors_as_json_are_one_document(self):
        answer = self.stage.office("board", "--group", "ward", "--json", check=False)
        self.assertEqual(answer.status, USAGE)
        self.assertEqual(set(answer.json()), {"schema", "error"})

    def test_nothing_enrolled_says_what_to_do(self):
        answer = stage.programs.run("agent", "status", data=self.stage.data("empty"), check=False)
        self.assertIn(answer.status, (NO, STORAGE))
        self.assertEqual(len(answer.err.strip().splitlines()), 1)
        self.assertIn("enrol", answer.err)


class EnrolledAgain(stage.TownTest):
    """A unit that enrols its machine again keeps what it said and every proof of it."""

    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre(serve_office=False)
        s.units("A,Xã A,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")
        s.agent("A", "report", "--year", YEAR, "1.1", "value=3")
        s.agent("A", "send")
        cls.proof = s.agent("A", "receipts", "--export", 2).out
        s.agent("A", "report", "--year", YEAR, "1.1", "value=4")
        slip = s.office("invite", "A", "--json").json()["slip"]
        cls.answer = s.agent("A", "enrol", slip, "--json").json()

    def receipts(self):
        return self.stage.agent("A", "receipts", "--json").json()["receipts"]

    def test_what_waited_is_delivered_once_with_the_earlier_key(self):
        self.assertEqual((self.answer["earlier_delivered"], self.answer["earlier_lost"]), (1, 0))
        self.assertEqual(self.answer["epoch"], 2)
        listed = [(r["epoch"], r["seq"], r["kind"]) for r in self.receipts()][:4]
        self.assertEqual(
            listed, [(1, 1, "enrol"), (1, 2, "report"), (1, 3, "report"), (2, 1, "enrol")]
        )
        self.assertEqual(self.stage.agent("A", "status", "--json").json()["alarms"], [])

    def test_earlier_receipts_are_listed_and_exported(self):
        self.assertIn("1/2  ", self.stage.agent("A", "receipts").out)
        text = self.stage.agent("A", "receipts", "--export", "1/2").out
        self.assertEqual(text, self.proof)
        for number in ("1/9", "7/1"):
            answer = self.stage.agent("A", "receipts", "--export", number, check=False)
            self.refused(answer, NO)
        for number in ("1/", "/1", "0/1", "1/1/1", "x/1"):
            answer = self.stage.agent("A", "receipts", "--export", number, check=False)
            self.refused(answer, USAGE)

    def test_the_same_answer_is_reported_again_under_the_new_key(self):
        """Another machine may have had the key in between, so the unit's word may be another."""
        answer = self.stage.agent("A", "report", "--year", YEAR, "1.1", "value=4", "--json").json()
        self.assertEqual((answer["components"], answer["unchanged"]), (1, 0))


if __name__ == "__main__":
    stage.main()
