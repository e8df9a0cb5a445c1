"""The long runs until the time is over; ends with a table of what was run and what it found.

To add a harness: a function that gives Works, and its name in works() below. A Work is one command
that takes its seed from $NGANAM_SEED (the seed is printed with a finding and runs it again) and ends
with a status other than 0 when it found something. What it counts is said by `each` (so many in a run)
or `counted` (a pattern whose first group is a number in its output; all matches are added).

A run that the campaign's end or a signal cuts short is a finding when it has complained by then; its log
is kept in any case. Exit status 77 is "skipped", with the reason in its words.
"""
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time

import programs

ROOT = programs.ROOT
ROUND_HOURS = 3  # what a round takes with the numbers below; a shorter campaign has its share of them
KILLS = 200  # cycles in one run of a kill test
CUTS = 50  # power cuts for each program
DAMAGES = 200  # damaged copies of each file
FAILURES = 1500  # failing calls in each loop: every call on a file and every own allocation
FAILURES_SHORT = 20  # … when a round has no hour for them
REPORTS = 500  # of an honest ward during each attack on the broker
MALFORMED = 1000000  # frames of an enrolled peer, of which the broker takes a thousand a second
CONNECTIONS = 1000  # of test_wire_attacks.py, and a hundred old frames for each
TRUST = {  # numbers of the tests that take trust away, each with what it counts by itself
    "copies restored": ("test_restore.py", 13),  # × 4 old states of the broker's folder
    "exports changed": ("test_audit.py", 100),  # × 12 changes of each sort, and as many kills of an export
    "keys rotated under kill -9": ("test_rotate.py", 200),
    "proofs by others' software": ("test_proofs.py", 100),  # × 200 of a log of 60,000 entries
}
STEPS = 300  # in the life of a simulated town
GRACE_SECONDS = 60  # beyond the campaign's end, for a run under way
END_SECONDS = 30  # to take down what it has set up, for a run that is ended
LOOK_SECONDS = 0.5  # between looks whether the campaign is stopped
SKIPPED = 77
TURN_SECONDS = 60  # a turn of a simulation or fuzz target: as many seeds as fit

# What test programs (unittest, CTest, CUnit, test_town), sanitizers and memcheck say of a failure.
COMPLAINT = re.compile(
    r"\b(FAIL|FAILED|ERROR|UNEXPECTED SUCCESS)\b|\*\*\*(Failed|Timeout|Exception)"
    r"|WARNING: ThreadSanitizer|runtime error:|definitely lost: [1-9]|^Invalid (read|write)",
    re.MULTILINE,
)


class Work:
    """One thing to run again and again, each time with a new seed."""

    def __init__(
        self,
        name,
        command,
        seconds_max,
        unit="runs",
        each=1,
        counted=None,
        environment=None,
        turn_seconds=0,  # 0: one run a turn
        once=False,  # in the first round only: a suite that takes no seed
    ):
        self.name, self.command, self.seconds_max = name, command, seconds_max
        self.unit, self.each = unit, each
        self.counted = re.compile(counted) if counted else None
        self.turn_seconds, self.once = turn_seconds, once
        self.environment = environment or {}
        self.runs, self.count, self.seconds, self.failed = 0, 0, 0.0, []
        self.skipped = False

    def add(self, output, ended):
        """ended: it came to its end; else only what it has counted itself is known."""
        self.runs += 1
        if self.counted:
            self.count += sum(int(n) for n in self.counted.findall(output))
        elif ended:
            self.count += self.each


def suite_works():
    """The whole suite where every step is watched; a run takes 10 to 40 minutes."""
    counted = r"tests failed out of (\d+)"
    suites = {
        "ThreadSanitizer": ("build-tsan", "slow|lint"),
        "memcheck": ("build-valgrind", "town|slow|lint"),
    }
    return [
        Work(
            f"suite under {name}",
            ["ctest", "--test-dir", ROOT / folder, "--output-on-failure", "-j2", "-LE", labels],
            5400,
            "tests",
            counted=counted,
            once=True,
        )
        for name, (folder, labels) in suites.items()
        if (ROOT / folder / "tests").is_dir()
    ]


def kill_works(share):
    cycles = round(KILLS * share)
    file = ROOT / "tests" / "town" / "test_kill.py"
    return [
        Work(
            f"kill -9 {name.lower()}",
            ["/usr/bin/python3", "-B", file, name],
            3600,
            "cycles",
            cycles,
            environment={"NGANAM_CYCLES": str(cycles)},
        )
        for name in ("Broker", "Agent", "Office")
    ]


def hostile_works(share):
    """Attacks on a broker, one after the other, each as long as a ward needs for so many reports."""
    return [
        Work(
            "hostile peers",
            ["/usr/bin/python3", "-B", ROOT / "tests" / "town" / "test_hostile.py"],
            3600,
            "attacks",
            counted=r"Ran (\d+) tests",
            environment={
                "NGANAM_CYCLES": str(round(REPORTS * share)),
                "NGANAM_HOSTILE_FRAMES": str(round(MALFORMED * share)),
            },
        ),
        Work(
            f"attacks on the line, {round(CONNECTIONS * share)} changed connections",
            ["/usr/bin/python3", "-B", ROOT / "tests" / "town" / "test_wire_attacks.py"],
            3600,
            "attacks",
            counted=r"Ran (\d+) tests",
            environment={"NGANAM_CYCLES": str(round(CONNECTIONS * share))},
        ),
    ]


def break_works(share):
    """Failing calls, power cuts and damaged files. The classes of a file share its turn."""
    return [
        Work(
            f"{name}, {numbers} a loop",
            ["/usr/bin/python3", "-B", ROOT / "tests" / "town" / file],
            7200,
            "loops",
            counted=r"Ran (\d+) tests",
            environment={"NGANAM_CYCLES": str(numbers)},
        )
        for name, file, numbers in (
            ("failing calls", "test_fault.py", FAILURES if share == 1 else FAILURES_SHORT),
            ("power cuts", "test_power.py", round(CUTS * share)),
            ("damaged files", "test_damage.py", round(DAMAGES * share)),
        )
    ]


def trust_works(share):
    """Old states, changed exports, stored logs changed by who holds the key: what a dishonest operator has."""
    return [
        Work(
            name,
            ["/usr/bin/python3", "-B", ROOT / "tests" / "town" / file],
            7200,
            "tests",
            counted=r"Ran (\d+) tests",
            environment={"NGANAM_CYCLES": str(max(round(cycles * share), 3))},
        )
        for name, (file, cycles) in TRUST.items()
    ] + [
        Work(
            "changes of a stored log",
            [ROOT / "build-dev" / "tests" / "test_mutation"],
            1800,
            "changes",
            counted=r"(?m)^  [a-z ]+ +(\d+), found by verify",
            turn_seconds=TURN_SECONDS * share,
        )
    ]


def simulation_works(share):
    """The test programs that take a seed, under ASan and UBSan; the twin takes some at a time."""
    seeds = {"test_simulation": 1, "test_fold_twin": 10, "test_town": 1}
    return [
        Work(
            f"seeds of {name}",
            [ROOT / "build-dev" / "tests" / name],
            1800,
            "seeds",
            each,
            environment={"NGANAM_SEEDS": str(each), "NGANAM_STEPS": str(STEPS)},
            turn_seconds=TURN_SECONDS * share,
        )
        for name, each in seeds.items()
    ]


def fuzz_works(share, logs):
    """Each target with its kept inputs; what it finds new stays in the campaign's folder."""
    seconds = round(TURN_SECONDS * share)
    works = []
    for path in sorted((ROOT / "build-fuzz" / "fuzz").glob("fuzz_*")):
        name = path.name.removeprefix("fuzz_")
        corpus = logs / f"corpus-{name}"
        corpus.mkdir(exist_ok=True)
        works.append(
            Work(
                f"fuzz {name}",
                [
                    path,
                    f"-max_total_time={seconds}",
                    "-rss_limit_mb=2048",
                    "-timeout=20",
                    "-print_final_stats=1",
                    f"-artifact_prefix={logs}/crash-{name}-",
                    corpus,
                    *ROOT.glob(f"tests/*/corpus/{name}"),
                ],
                seconds + 120,
                "executions",
                counted=r"number_of_executed_units: *(\d+)",
            )
        )
    return works


def works(logs, hours):
    """Everything, in the order of a round, with numbers that let a round end in these hours: of a work that
    never has its turn nothing is known. The suites come last: they take no share, and on a busy machine an
    hour. New harnesses come in here."""
    share = min(1.0, max(hours / ROUND_HOURS, 0.1))
    return (
        kill_works(share)
        + break_works(share)
        + hostile_works(share)
        + trust_works(share)
        + simulation_works(share)
        + fuzz_works(share, logs)
        + suite_works()
    )


def run_once(work, seed, logs, until):
    log = logs / f"{work.name.replace(' ', '-')}-{seed}.log"
    environment = {
        **os.environ,
        "NGANAM_BIN": str(programs.bin_folder()),
        "NGANAM_SEED": str(seed),
        "TSAN_OPTIONS": f"suppressions={ROOT / 'tests' / 'tsan.supp'}",
        **work.environment,
    }
    began = time.monotonic()
    left = max(until - began, 1) + GRACE_SECONDS
    with open(log, "wb") as stream:
        process = subprocess.Popen(
            [str(word) for word in work.command],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        status = await_end(process, began + min(work.seconds_max, left))
        if status is None:
            status = "cut short" if stopped or left < work.seconds_max else "time over"
        said = log.read_text(errors="replace")  # before it is ended: that it then complains is no finding
        end(process)
    work.seconds += time.monotonic() - began
    judge_run(work, seed, status, said, log)


def await_end(process, until):
    """Its status; None when the time is over or the campaign is stopped first."""
    while not stopped and time.monotonic() < until:
        try:
            return process.wait(min(LOOK_SECONDS, max(until - time.monotonic(), 0)))
        except subprocess.TimeoutExpired:
            pass
    return process.poll()


def end(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def judge_run(work, seed, status, said, log):
    if status == SKIPPED:
        if not work.skipped:
            print(f"SKIPPED {work.name}, see {log}", flush=True)
        work.skipped = True
        return
    work.add(said, status == 0)
    if status == 0:
        log.unlink()
    elif status != "cut short" or COMPLAINT.search(said):
        work.failed.append(seed)
        print(f"FOUND {work.name}: seed {seed}, status {status}, see {log}", flush=True)
    else:
        print(f"cut short: {work.name}, seed {seed}, see {log}", flush=True)


def turn(work, logs, until):
    began = time.monotonic()
    while True:
        run_once(work, random.SystemRandom().randrange(1 << 32), logs, until)
        now = time.monotonic()
        if stopped or now >= until or now - began >= work.turn_seconds:
            return


def table(all_works):
    print(f"\n{'what':28} {'runs':>6} {'counted':>22} {'findings':>9} {'minutes':>8}  failing seeds")
    for work in all_works:
        print(
            f"{work.name:28} {work.runs:6} {work.count:11} {work.unit:10} {len(work.failed):9}"
            f" {work.seconds / 60:8.1f}  "
            + " ".join(["skipped"] * work.skipped + [str(seed) for seed in work.failed[:5]])
        )
    return any(work.failed for work in all_works)


stopped = False


def stop(*_):
    """A flag only, so that it can come at any moment and the run under way is still accounted for."""
    global stopped
    stopped = True


def main():
    # Said, not left to Python: in the background of a script SIGINT is ignored from the start.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    hours, logs = float(sys.argv[1]), pathlib.Path(sys.argv[2])
    all_works = works(logs, hours)
    until = time.monotonic() + hours * 3600
    first = True
    while not stopped and time.monotonic() < until:
        for work in all_works:
            if stopped or time.monotonic() >= until:
                break
            if first or not work.once:
                turn(work, logs, until)
        first = False
    if stopped:
        print("stopped", flush=True)
    return 1 if table(all_works) else 0


if __name__ == "__main__":
    sys.exit(main())
