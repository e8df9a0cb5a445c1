"""Goal: a slip reaches a unit's machine by whatever way a person takes: as text, as a picture of a QR code,
from the terminal, on a sheet of paper; and only that person can read the files.
Method: one town; what is written is decoded by another program (zbarimg, where it is installed), and the
machine enrols with what it says.
"""
import html
import re
import shutil
import stat
import subprocess
import unittest

import stage

SIDE = 8  # pixels a module when the terminal's picture is drawn again


def decoded(picture):
    """What a camera would make of the picture."""
    done = subprocess.run(
        ["zbarimg", "--quiet", "--raw", str(picture)], capture_output=True, check=False, text=True
    )
    return done.stdout.strip()


def drawn(lines):
    """The half blocks of the terminal as a grey picture (PGM)."""
    rows = []
    for line in lines:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
        rows.append([c in "▀█" for c in plain])
        rows.append([c in "▄█" for c in plain])
    width, height = len(rows[0]), len(rows)
    pixels = bytearray()
    for row in rows:
        line = b"".join((b"\xff" if light else b"\x00") * SIDE for light in row)
        pixels += line * SIDE
    return b"P5\n%d %d\n255\n" % (width * SIDE, height * SIDE) + pixels


class Slips(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        s = cls.stage
        s.centre()
        s.units("A,Phường <A> & bạn,ward", "B,Phường B,ward", "C,Phường C,ward")
        s.criteria(stage.SMALL_SET)

    def private(self, path):
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    @unittest.skipUnless(shutil.which("zbarimg"), "zbar-tools is not installed")
    def test_a_picture_a_terminal_and_a_page_say_the_same_slip(self):
        png, page = self.stage.folder / "a.png", self.stage.folder / "a.html"
        out = self.stage.office("invite", "A", "--qr", "--png", str(png), "--page", str(page)).out
        slip, *code = out.splitlines()
        self.private(png)
        self.private(page)
        self.assertEqual(decoded(png), slip)
        picture = self.stage.folder / "terminal.pgm"
        picture.write_bytes(drawn(code))
        self.assertEqual(decoded(picture), slip)
        text = page.read_text("utf-8")
        self.assertIn(slip, html.unescape(text))
        self.assertIn("Phường &lt;A&gt; &amp; bạn", text)
        self.assertNotRegex(text, r"(?:src|href|url)\s*[=(]")
        self.stage.agent("A", "enrol", decoded(png))
        self.assertEqual(self.stage.agent("A", "status", "--json").json()["unit"], "A")

    def test_the_page_has_everything_a_person_needs(self):
        page = self.stage.folder / "b.html"
        answer = self.stage.office("invite", "B", "--page", str(page), "--lang", "vi", "--json").json()
        self.assertEqual(set(answer), {"schema", "unit", "slip", "expires_at"})
        text = html.unescape(page.read_text("utf-8"))
        for words in ("Phiếu ghép máy", "Phường B", answer["slip"], "nganam-agent enrol", "20 chữ số"):
            self.assertIn(words, text)
        year, month, day = answer["expires_at"][:10].split("-")
        self.assertIn(f"{day}/{month}/{year}", text)

    def test_a_place_that_cannot_be_written_is_named(self):
        missing = self.stage.folder / "nowhere" / "c.png"
        answer = self.stage.office("invite", "C", "--png", str(missing), check=False)
        self.assertEqual(answer.status, stage.USAGE, str(answer))
        self.assertIn(str(missing), answer.err)
        self.assertEqual(answer.out, "")


if __name__ == "__main__":
    stage.main()
