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
        s.units("A,Phường A,ward", "B,Phường B,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("A")

    def secret(self, name, text, mode=0o600):
        path = self.stage.write(name, text)
        path.chmod(mode)
        return path

    def at_terminal(self, unit, *words, typed):
        """Runs the agent on a terminal; types each text when the last question stands there."""
        master, slave = pty.openpty()
        child = subprocess.Popen(
            [programs.bin_folder() / "nganam-agent", *words, "--data", self.stage.data(unit)],
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


if __name__ == "__main__":
    stage.main()
