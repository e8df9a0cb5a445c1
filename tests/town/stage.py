"""What the whole-system tests share: a stage with a broker, an office and some agents.

Programs run from $NGANAM_BIN (CMake sets it), data lies in a fresh folder under $TMPDIR that goes
with the stage, everything listens on loopback only, and every process is stopped by its pid.
"""
import contextlib
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "town"))
sys.dont_write_bytecode = True

import figures  # noqa: E402
import programs  # noqa: E402

ORIGIN = "test.example/log"
DATA = ROOT / "data"
YEAR = 2026

DONE, NO, USAGE, PEER, STORAGE = 0, 1, 2, 3, 4


def seed():
    """$NGANAM_SEED, else a new one; printed, so that a failing run can be had again."""
    value = int(os.environ.get("NGANAM_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"seed {value} (NGANAM_SEED={value} runs this again)", flush=True)
    return value


def at_once(program, arguments=()):
    """A broker that does not wait for the parties after its start, unless a test says otherwise: many a
    test has one party alone."""
    return () if program != "broker" or "--hold" in arguments else ("--hold", "0")


def seeds(count):
    """That many, counted from seed()."""
    first = seed()
    return list(range(first, first + count))


class Stage:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nganam-"))
        self.port = programs.free_port()
        self.endpoint = f"tcp://127.0.0.1:{self.port}"
        self.services = []
        self.made = None

    def close(self):
        for service in reversed(self.services):
            with contextlib.suppress(programs.CommandFailed):
                service.stop(5)
        shutil.rmtree(self.folder, ignore_errors=True)

    def data(self, name):
        return self.folder / name

    def write(self, name, text):
        """A file of the stage; text is stored as given (bytes, or str as UTF-8)."""
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    # ---- commands; check=False for those that are meant to fail ----

    def broker(self, *arguments, **options):
        return programs.run("broker", *arguments, data=self.data("broker"), **options)

    def office(self, *arguments, **options):
        return programs.run("office", *arguments, data=self.data("office"), **options)

    def agent(self, unit, *arguments, **options):
        return programs.run("agent", *arguments, data=self.data(unit), **options)

    # ---- services ----

    def serve(self, program, *arguments, name=None, **options):
        service = programs.Service(
            program,
            "serve",
            *at_once(program, arguments),
            *arguments,
            data=self.data(name or program),
            log=self.folder / f"{name or program}.log",
            **options,
        )
        self.services.append(service)
        return service

    def init_broker(self):
        self.made = self.broker(
            "init", "--origin", ORIGIN, "--endpoint", self.endpoint, "--json"
        ).json()

    def centre(self, *broker_options, serve_office=True):
        """A broker and an enrolled office, both running."""
        self.init_broker()
        broker = self.serve("broker", *broker_options)
        self.office("init", self.made["office_slip"])
        office = self.serve("office") if serve_office else None
        return broker, office

    def units(self, *rows):
        """rows: "CODE,name,group"."""
        text = "code,name,group,parent,valid_from,valid_to\n"
        text += "".join(f"{row},,,\n" for row in rows)
        self.office("units", "import", self.write("units.csv", text))

    def criteria(self, text, name="SET", group="ward", year=YEAR, check=True, path=None):
        path = path or self.write(f"{name}.csv", text)
        return self.office(
            "criteria", "import", path, "--set", name, "--year", year, "--group", group, check=check
        )

    def enrol(self, unit, *arguments):
        slip = self.office("invite", unit, "--json").json()["slip"]
        self.agent(unit, "enrol", slip, *arguments)

    def board(self, group="ward", year=YEAR, **options):
        basis = options.pop("basis", "live")
        return self.office(
            "board", "--year", year, "--group", group, "--basis", basis, "--json", **options
        ).json()

    def wait_board(self, condition, what, within=60, **options):
        """Until condition(board) holds; returns that board."""
        seen = {}

        def look():
            seen["board"] = self.board(**options)
            return condition(seen["board"])

        programs.wait_until(look, within, what)
        return seen["board"]

    def log_size(self):
        return self.broker("log", "head", "--json").json()["size"]

    def office_caught_up(self, **options):
        """Waits until a board is computed from the whole log."""
        size = self.log_size()
        return self.wait_board(
            lambda board: board["log_size"] >= size, "the office follows the log", **options
        )


HEADER = "code,parent,level,name_vi,name_en,max_points,method,params,na_policy,evidence\n"

# A small set with every kind of question; adds up to 20.
SMALL_SET = (
    HEADER
    + """\
1,,field,Lĩnh vực một,Field one,12,sum,,,
1.1,1,component,Điểm,Points,5,points,,rescale,
1.2,1,component,Lựa chọn,Choice,4,choice,full:4|half:2|none:0,full,
1.3,1,component,Tỷ lệ,Ratio,3,ratio,,na=rescale none=full,
2,,field,Lĩnh vực hai,Field two,8,sum,,,
2.1,2,component,Trừ điểm,Deduct,2,deduct,per=0.5,zero,
2.2,2,component,Đếm,Count,3,count,per=1,refuse,
2.3,2,component,Khảo sát,Survey,3,survey,,,
"""
)


class TownTest(unittest.TestCase):
    """One stage for all tests of a class; setUpStage() furnishes it."""

    maxDiff = None
    standing = []  # classes that are set up

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage()
        cls.standing.append(cls)
        try:
            cls.setUpStage()
        except Exception:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.standing.remove(cls)
        cls.stage.close()

    @classmethod
    def setUpStage(cls):
        pass

    def refused(self, answer, status, *words):
        """The command ended with this status and one line on stderr that holds these words."""
        self.assertEqual(answer.status, status, str(answer))
        self.assertEqual(len(answer.err.strip().splitlines()), 1, f"not one line: {answer}")
        for word in words:
            self.assertIn(word, answer.err, str(answer))


def stop(*_):
    raise KeyboardInterrupt


def main():
    """Exit status 77 when nothing ran but was skipped: CTest then says "Skipped", not "Passed". Ended by
    a signal, what stands is taken down (services, mounts), which unittest leaves."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        result = unittest.main(verbosity=2, exit=False).result
    except KeyboardInterrupt:
        for test in list(TownTest.standing):
            test.tearDownClass()
            test.doClassCleanups()
        sys.exit(1)
    skipped_tests = {test.id() for test, _ in result.skipped if type(test).__name__ != "_ErrorHolder"}
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.skipped and result.testsRun <= len(skipped_tests) else 0)
