"""Goal: keys under a passphrase are good for nothing without it, and no worse with it: at a terminal, from a
file, under a supervisor. It never stands among a command's words.
Method: the programs with files, pipes and a terminal of our own (pty).
"""
import os
import pty
import select
import subprocess

import stage
from stage import DONE, NO, STORAGE, USAGE, YEAR, programs


class Passphrase(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường A,ward", "B,Phường B,ward", "C,Phường C,ward", "D,Phường D,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")

    def secret(self, name, text, mode=0o600):
        path = self.stage.write(name, text)
        path.chmod(mode)
        return path

    def at_terminal(self, data, *words, typed, program="agent"):
        """Runs a program on a terminal; types each text when the last question stands there."""
        master, slave = pty.openpty()
        child = subprocess.Popen(
            [programs.bin_folder() / f"nganam-{program}", *words, "--data", self.stage.data(data)],
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=slave,
            env=programs.environment("en"),
        )
        os.close(slave)
        shown = b""
        for text in typed:
            mark = len(shown)
            while b": " not in shown[mark:]:
                self.assertTrue(select.select([master], [], [], 20)[0], shown)
                shown += os.read(master, 1000)
            os.write(master, text.encode())
        out = child.communicate(timeout=30)[0].decode()
        while select.select([master], [], [], 0.1)[0]:
            try:
                shown += os.read(master, 1000)
            except OSError:
                break
        os.close(master)
        return child.returncode, out, shown.decode()

    def test_locked_keys_need_the_passphrase(self):
        s = self.stage
        first, second = self.secret("first", "mật khẩu thứ nhất\n"), self.secret("second", "another one\n")
        plain = (s.data("A") / "identity").read_text()
        self.refused(s.agent("A", "passphrase", "remove", check=False), NO, "no passphrase")
        self.refused(s.agent("A", "passphrase", "set", check=False), NO, "--new")
        self.refused(
            s.agent("A", "passphrase", "set", "--new", self.secret("short", "abc"), check=False),
            USAGE, "at least 8",
        )
        self.assertEqual((s.data("A") / "identity").read_text(), plain)
        agent = s.serve("agent", name="A")
        self.refused(
            s.agent("A", "passphrase", "set", "--new", first, check=False), STORAGE, "stop it first"
        )
        agent.stop()
        s.services.remove(agent)
        made = s.agent("A", "passphrase", "set", "--new", first, "--json").json()
        self.assertEqual((made["unit"], made["locked"]), ("A", True))
        report = ("report", "--year", YEAR, "1.1", "value=1")
        self.refused(s.agent("A", *report, check=False), NO, "locked with a passphrase")
        self.refused(s.agent("A", *report, "--passphrase-file", second, check=False), NO, "not the passphrase")
        self.refused(s.agent("A", "status", "--passphrase-file", s.folder / "none", check=False), USAGE, "none")
        opened = self.secret("opened", "mật khẩu thứ nhất\n", 0o644)
        self.refused(s.agent("A", "status", "--passphrase-file", opened, check=False), STORAGE, "chmod 600")
        s.agent("A", *report, "--passphrase-file", first)
        env = {"NGANAM_PASSPHRASE_FILE": str(first)}
        s.agent("A", "send", env=env)
        # A service has the file, not a person.
        agent = s.serve("agent", name="A", env=env)
        agent.stop()
        s.services.remove(agent)
        # A pipe, as a supervisor or a password store gives it.
        piped = subprocess.run(
            [programs.bin_folder() / "nganam-agent", "status", "--json", "--data", s.data("A"),
             "--passphrase-file", "/dev/stdin"],
            input="mật khẩu thứ nhất".encode(), capture_output=True, env=programs.environment("en"),
        )
        self.assertEqual(piped.returncode, DONE, piped.stderr)
        # Another passphrase, then new keys: they are locked as well, and so is what was on its way.
        self.refused(s.agent("A", "passphrase", "set", "--new", second, check=False), NO, "locked")
        s.agent("A", "passphrase", "set", "--new", second, env=env)
        env = {"NGANAM_PASSPHRASE_FILE": str(second)}
        self.assertEqual(s.agent("A", "rotate", "--json", env=env).json()["epoch"], 2)
        self.assertIn("sealed", (s.data("A") / "identity").read_text())
        self.refused(s.agent("A", "send", check=False), NO, "locked")
        slip = s.office("invite", "A", "--json").json()["slip"]
        self.refused(s.agent("A", "enrol", slip, check=False), NO, "locked")
        s.agent("A", "enrol", slip, env=env)
        self.assertIn("sealed", (s.data("A") / "identity").read_text())
        s.agent("A", "passphrase", "remove", env=env)
        s.agent("A", "send")

    def test_a_person_types_it_unseen(self):
        s = self.stage
        s.enrol("B")
        word = "câu dài của tôi"
        status, out, shown = self.at_terminal("B", "passphrase", "set", typed=[word + "\n", "khác hẳn\n"])
        self.assertEqual((status, "not the same" in shown), (USAGE, True), shown)
        status, out, shown = self.at_terminal("B", "passphrase", "set", typed=[word + "\n", word + "\n"])
        self.assertEqual(status, DONE, shown)
        self.assertNotIn("dài", shown)
        self.refused(s.agent("B", "status", check=False), NO, "locked")
        status, out, shown = self.at_terminal("B", "status", typed=[word + "\n"])
        self.assertEqual(status, DONE, shown)
        self.assertNotIn("dài", shown)
        status, out, shown = self.at_terminal("B", "status", typed=["\x03"])
        self.assertEqual(status, NO, shown)
        status, out, shown = self.at_terminal("B", "passphrase", "remove", typed=["x" * 9 + "\n"])
        self.assertEqual((status, "not the passphrase" in shown), (NO, True), shown)
        status, out, shown = self.at_terminal("B", "passphrase", "remove", typed=[word + "\n"])
        self.assertEqual(status, DONE, shown)
        s.agent("B", "status")

    def test_the_office_too(self):
        s = self.stage
        office = next(one for one in s.services if one.name == "nganam-office")
        office.stop()
        s.services.remove(office)
        word = self.secret("office-word", "của Phòng Nội vụ")
        self.assertTrue(s.office("passphrase", "set", "--new", word, "--json").json()["locked"])
        self.refused(s.office("status", check=False), NO, "locked")
        s.office("status", "--passphrase-file", word)
        s.serve("office", env={"NGANAM_PASSPHRASE_FILE": str(word)}).stop()
        s.services.pop()
        s.office("passphrase", "remove", "--passphrase-file", word)
        s.serve("office")

    def test_the_log_signs_with_its_passphrase_alone(self):
        s = self.stage
        first, second = self.secret("log-first", "chìa của sổ\n"), self.secret("log-second", "một câu khác\n")
        with_first, with_second = ({"NGANAM_PASSPHRASE_FILE": str(one)} for one in (first, second))
        folder = s.data("broker")
        plain = [(folder / name).read_text() for name in ("log.key", "broker.curve")]
        self.refused(s.broker("passphrase", "set", "--new", first, check=False), STORAGE, "stop it first")
        broker = next(one for one in s.services if one.name == "nganam-broker")
        broker.stop()
        s.services.remove(broker)
        self.refused(s.broker("passphrase", "remove", check=False), NO, "no passphrase")
        self.assertTrue(s.broker("passphrase", "set", "--new", first, "--json").json()["locked"])
        for name, text in zip(("log.key", "broker.curve"), plain):
            self.assertNotIn(text.strip(), (folder / name).read_text())
        # Whatever signs, makes a slip or restores.
        export = s.data("export")
        s.broker("log", "export", export)
        for words in (
            ("serve",), ("rotate",), ("invite", "office"), ("revoke", "A", "--reason", "x"), ("restore", "--accept"),
            ("restore", "--from", export), ("init", "--origin", stage.ORIGIN), ("passphrase", "set", "--new", second),
            ("passphrase", "remove"),
        ):
            self.refused(s.broker(*words, check=False), NO, "locked with a passphrase")
            self.refused(s.broker(*words, env=with_second, check=False), NO, "not the passphrase")
        self.refused(s.broker("serve", "--passphrase-file", s.folder / "none", check=False), USAGE, "none")
        s.broker("restore", "--accept", env=with_first)
        # Reading needs no key.
        self.assertTrue(s.broker("log", "verify", "--json").json()["ok"])
        s.serve("broker", env=with_first)
        size = s.log_size()
        self.refused(s.broker("invite", "office", check=False), NO, "broker.curve", "locked")
        s.broker("invite", "office", env=with_first)
        s.broker("revoke", "A", "--reason", "the running broker has the key")
        s.broker("rotate")
        self.assertEqual(s.log_size(), size + 3)
        for name in ("log.key", "log.key.old"):
            self.assertIn("nganam-locked1:", (folder / name).read_text())
        broker = s.services.pop()
        broker.stop()
        # Another one, and what a crash between the two files leaves; what a change of the key left goes along.
        before = (folder / "log.key").read_bytes()
        (folder / "log.key.new").write_bytes(before)
        (folder / "log.key.new").chmod(0o600)
        old = (folder / "log.key.old").read_bytes()
        s.broker("passphrase", "set", "--new", second, env=with_first)
        self.assertNotEqual((folder / "log.key.new").read_bytes(), before)
        self.assertNotEqual((folder / "log.key.old").read_bytes(), old)
        (folder / "log.key").write_bytes(before)
        self.refused(s.broker("serve", env=with_first, check=False), NO, "not the passphrase")
        s.broker("passphrase", "set", "--new", second, env=with_first)
        s.serve("broker", env=with_second).stop()
        s.services.pop()
        s.broker("passphrase", "remove", env=with_second)
        self.assertEqual([(folder / name).read_text() for name in ("log.key.old", "broker.curve")], plain)
        self.assertIn("PRIVATE+KEY+", (folder / "log.key").read_text())
        self.assertEqual((folder / "log.key.new").read_text(), (folder / "log.key").read_text())
        (folder / "log.key.new").unlink()
        s.serve("broker")

    def test_two_persons_are_two_passphrases(self):
        s = self.stage
        words = {id: self.secret(f"word-{id}", f"câu của riêng {id}") for id in ("an", "bao")}
        of = {id: {"NGANAM_ACTOR_PASSPHRASE_FILE": str(words[id])} for id in words}
        self.refused(s.office("actor", "add", "an", "--role", "admin", "--lock", check=False), NO, "--new")
        s.office("actor", "add", "an", "--role", "admin", "--new", words["an"])
        s.office("alarms", "--read", "all", check=False)  # of the operator's slip for the office
        # The machine with all its files but what the person knows: not even a person who is asked for it.
        add = ("actor", "add", "bao", "--role", "admin")
        self.refused(s.office(*add, check=False), NO, "--actor ID")
        self.refused(s.office(*add, "--actor", "an", check=False), NO, "person's passphrase")
        self.refused(s.office(*add, "--actor", "an", env=of["bao"], check=False), NO, "not the passphrase")
        s.office(*add, "--actor", "an", env=of["an"])
        s.office("actor", "lock", "bao", "--new", words["bao"])
        s.office("policy", "enrolment", "two-person", "--actor", "an", env=of["an"])
        for id in words:
            self.assertRegex((s.data("office") / "actors" / f"{id}.key").read_text(), "^nganam-locked1:")
        slip = s.office("invite", "C", "--json").json()["slip"]
        digits = s.agent("C", "enrol", slip, "--json").json()["confirmation"]["digits"]
        s.office_caught_up()
        confirm = ("confirm", "C", "--digits", digits, "--json", "--actor")
        # The machine's folder, its files and its own passphrase are not the person.
        self.refused(s.office(*confirm, "an", check=False), NO, "person's passphrase")
        self.refused(
            s.office(*confirm, "an", "--passphrase-file", words["an"], check=False), NO, "person's passphrase"
        )
        self.refused(s.office(*confirm, "an", env=of["bao"], check=False), NO, "not the passphrase")
        self.assertFalse(s.office(*confirm, "an", env=of["an"]).json()["confirmed"])
        self.refused(s.office(*confirm, "bao", env=of["an"], check=False), NO, "not the passphrase")
        self.assertTrue(s.office(*confirm, "bao", env=of["bao"]).json()["confirmed"])
        # The person types it, beside a machine that has its own from a file.
        word = words["an"].read_text("utf-8")
        slip = s.office("invite", "D", "--json").json()["slip"]
        digits = s.agent("D", "enrol", slip, "--json").json()["confirmation"]["digits"]
        s.office_caught_up()
        confirm = ("confirm", "D", "--digits", digits, "--actor", "an", "--passphrase-file", words["bao"])
        for answer, expected in (("x" * 9 + "\n", NO), (word + "\n", DONE)):
            status, _, shown = self.at_terminal("office", *confirm, typed=[answer], program="office")
            self.assertEqual(status, expected, shown)
            self.assertIn("an.key: ", shown)
            self.assertNotIn(word, shown)
        # A looser policy is two persons' word now, each with a passphrase of his own.
        loosen = ("policy", "enrolment", "code", "--actor", "an")
        self.refused(s.office(*loosen, env=of["an"], check=False), NO, "two admins")
        self.refused(s.office(*loosen, "--actor", "an", env=of["an"], check=False), NO, "another person")
        typed = [words[id].read_text("utf-8") + "\n" for id in ("an", "bao")]
        status, _, shown = self.at_terminal("office", *loosen, "--actor", "bao", typed=typed, program="office")
        self.assertEqual(status, DONE, shown)
        # Changed, and out of it.
        self.refused(s.office("actor", "unlock", "an", check=False), NO, "person's passphrase")
        new = self.secret("word-new", "câu mới của an")
        s.office("actor", "lock", "an", "--new", new, env=of["an"])
        self.refused(s.office("actor", "unlock", "an", env=of["an"], check=False), NO, "not the passphrase")
        answer = s.office("actor", "unlock", "an", "--json", env={"NGANAM_ACTOR_PASSPHRASE_FILE": str(new)})
        self.assertEqual((answer.json()["id"], answer.json()["locked"]), ("an", False))
        self.refused(s.office("actor", "unlock", "an", check=False), NO, "no passphrase")


if __name__ == "__main__":
    stage.main()
