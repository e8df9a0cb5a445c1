"""The programs of docs/AUDIT.md, as a reader would take them from the page, and where Go is installed."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "AUDIT.md"
GOCODE = pathlib.Path(os.environ.get("NGANAM_GOCODE", "/usr/share/gocode"))


def listing(language):
    """The page's one program in this language."""
    found = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    assert len(found) == 1, f"{len(found)} programs in {language}"
    return found[0]


def save(folder, language, ending):
    path = pathlib.Path(folder) / f"audit.{ending}"
    path.write_text(listing(language), "utf-8")
    return path


def python(script, export, key):
    """Exit status and words of the Python program."""
    command = [sys.executable, "-B", script, export, key]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def has_go():
    return shutil.which("go") and (GOCODE / "src/golang.org/x/mod/sumdb/tlog").is_dir()


def build_go(source, folder):
    """A program of one Go file, built with Debian's packages; its path."""
    program = pathlib.Path(folder) / source.stem
    env = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GOCODE), "GOFLAGS": ""}
    env["GOCACHE"] = str(pathlib.Path(folder) / "cache")
    subprocess.run(["go", "build", "-o", program, source], env=env, check=True)
    return program


def run(program, *arguments):
    done = subprocess.run(
        [str(program), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr
