"""Goal: docs/ARCHITECTURE.md and docs/SECURITY.md name nothing that is not there.
Method: every function, file and folder in backticks is looked up in the sources, every test of the table of threats in tests/.
"""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("lib", "proto", "broker", "ward-agent", "office-service")


def sources():
    for folder in FOLDERS:
        yield from (ROOT / folder).rglob("*.[ch]")


def defined_functions():
    """Names that begin a line and are followed by "(" in a .c file: our layout puts them so."""
    pattern = re.compile(r"^(?:static )?[a-z][\w \*]*?\**(\w+)\(", re.MULTILINE)
    names = set()
    for path in sources():
        if path.suffix == ".c":
            names.update(pattern.findall(path.read_text("utf-8")))
    return names


class Architecture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = (ROOT / "docs" / "ARCHITECTURE.md").read_text("utf-8")
        cls.quoted = set(re.findall(r"`([^`\n]+)`", cls.text))

    def test_the_functions_it_names_exist(self):
        named = {word for word in self.quoted if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", word)}
        self.assertGreater(len(named), 20, "the map names hardly any function")
        missing = sorted(named - defined_functions())
        self.assertFalse(missing, f"named in ARCHITECTURE.md, not in the code: {missing}")

    def test_the_files_it_names_exist(self):
        named = {word for word in self.quoted if re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?", word)}
        missing = sorted(
            word for word in named if not (ROOT / word).exists() and not word.startswith("DATA/")
        )
        self.assertFalse(missing, f"named in ARCHITECTURE.md, not there: {missing}")


class Security(unittest.TestCase):
    """Each threat has its defence, and each defence a test that is there."""

    def test_every_threat_names_a_test(self):
        text = (ROOT / "docs" / "SECURITY.md").read_text("utf-8")
        table = text.split("| attacker | aim | defence | test |", 1)[1].split("\n\n", 1)[0]
        rows = [line.split("|")[1:-1] for line in table.splitlines()[2:]]
        self.assertGreaterEqual(len(rows), 25)
        written = "".join(
            path.read_text("utf-8")
            for path in (ROOT / "tests").rglob("*")
            if path.suffix in (".c", ".py") and path.name != "test_docs.py"
        )
        for row in rows:
            self.assertEqual(len(row), 4, row)
            named = re.findall(r"`([^`]+)`", row[3])
            self.assertTrue(named, f"no test: {row}")
            for name in named:
                there = (ROOT / name).is_file() if "/" in name else f"{name}(" in written
                self.assertTrue(there, f"named in SECURITY.md, not under tests/: {name}")


class Links(unittest.TestCase):
    def test_relative_links_lead_somewhere(self):
        for path in [
            *ROOT.glob("*.md"),
            *(ROOT / "docs").rglob("*.md"),
            *(ROOT / "proto").glob("*.md"),
        ]:
            for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
                self.assertTrue(
                    (path.parent / target).exists(), f"{path.relative_to(ROOT)}: {target}"
                )


if __name__ == "__main__":
    unittest.main(verbosity=2)
