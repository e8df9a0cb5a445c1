"""Goal: docs/ARCHITECTURE.md names nothing that is not there, and README's commands exist.
Method: every function, file and folder in backticks is looked up in the sources.
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
