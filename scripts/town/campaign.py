"""The long runs: kill cycles, simulations and fuzzing until the time is over; ends with a table."""
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import programs

ROOT = programs.ROOT
KILLS = 200  # cycles in one run of a kill test
REPORTS = 500  # of an honest ward during each attack on the broker
TURN_SECONDS = 120  # a simulation's or fuzz target's turn: as many seeds as fit


class Work:
    """One thing to run again and again, each time with a new seed."""

    def __init__(self, name, command, seconds_max, environment=None, turn_seconds=0):
        self.name, self.command, self.seconds_max = name, command, seconds_max
        self.turn_seconds = turn_seconds  # 0: one run a turn
        self.environment = environment or {}
        self.runs, self.seconds, self.failed = 0, 0.0, []


def kill_works():
    file = ROOT / "tests" / "town" / "test_kill.py"
    return [
        Work(
            f"kill -9 {name.lower()}, {KILLS} cycles",
            ["/usr/bin/python3", "-B", file, name],
            3600,
            {"NGANAM_CYCLES": str(KILLS)},
        )
        for name in ("Broker", "Agent", "Office")
    ]


def hostile_works():
    """Attacks on a broker, one after the other, each as long as a ward needs for so many reports."""
    return [
        Work(
            f"hostile peers, {REPORTS} reports each",
            ["/usr/bin/python3", "-B", ROOT / "tests" / "town" / "test_hostile.py"],
            3600,
            {"NGANAM_CYCLES": str(REPORTS), "NGANAM_HOSTILE_FRAMES": "1000000"},
        )
    ]


def simulation_works():
    """The test programs that take a seed, under ASan and UBSan; the twin takes some at a time."""
    works = {"test_simulation": {}, "test_fold_twin": {"NGANAM_SEEDS": "10"}, "test_town": {}}
    return [
        Work(
            f"seeds of {name}",
            [ROOT / "build-dev" / "tests" / name],
            1800,
            environment,
            turn_seconds=TURN_SECONDS,
        )
        for name, environment in works.items()
    ]


def fuzz_works(logs):
    """Each target with its kept inputs; what it finds new stays in the campaign's folder."""
    works = []
    for path in sorted((ROOT / "build-fuzz").rglob("fuzz_*")):
        if path.is_file() and os.access(path, os.X_OK):
            corpus = logs / f"corpus-{path.name}"
            corpus.mkdir(exist_ok=True)
            kept = [
                folder
                for folder in ROOT.glob(f"tests/*/corpus/{path.name.removeprefix('fuzz_')}")
                if folder.is_dir()
            ]
            works.append(
                Work(
                    f"fuzz {path.name}, {TURN_SECONDS} s",
                    [
                        path,
                        f"-max_total_time={TURN_SECONDS}",
                        "-rss_limit_mb=2048",
                        f"-artifact_prefix={logs}/",
                        corpus,
                        *kept,
                    ],
                    TURN_SECONDS + 120,
                )
            )
    return works


def run_once(work, seed, logs):
    log = logs / f"{work.name.split(',')[0].replace(' ', '-')}-{seed}.log"
    environment = {
        **os.environ,
        "NGANAM_BIN": str(programs.bin_folder()),
        "NGANAM_SEED": str(seed),
        **work.environment,
    }
    began = time.monotonic()
    with open(log, "wb") as stream:
        process = subprocess.Popen(
            [str(word) for word in work.command],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            status = process.wait(work.seconds_max)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = "time over"
        except BaseException:
            process.send_signal(signal.SIGTERM)
            process.wait()
            raise
    work.runs += 1
    work.seconds += time.monotonic() - began
    if status == 0:
        log.unlink()
    else:
        work.failed.append(seed)
        print(f"FAILED {work.name}: seed {seed}, status {status}, see {log}", flush=True)


def turn(work, logs, until):
    began = time.monotonic()
    while True:
        run_once(work, random.SystemRandom().randrange(1 << 32), logs)
        now = time.monotonic()
        if now >= until or now - began >= work.turn_seconds:
            return


def table(works):
    print(f"\n{'what':44} {'runs':>6} {'failed':>6} {'minutes':>8}  failing seeds")
    for work in works:
        print(
            f"{work.name:44} {work.runs:6} {len(work.failed):6} {work.seconds / 60:8.1f}  "
            + " ".join(map(str, work.failed[:5]))
        )
    return any(work.failed for work in works)


def main():
    hours, logs, fuzz = float(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3] == "yes"
    works = kill_works() + hostile_works() + simulation_works() + (fuzz_works(logs) if fuzz else [])
    until = time.monotonic() + hours * 3600
    try:
        while time.monotonic() < until:
            for work in works:
                if time.monotonic() >= until:
                    break
                turn(work, logs, until)
    except KeyboardInterrupt:
        print("stopped", flush=True)
    return 1 if table(works) else 0


if __name__ == "__main__":
    sys.exit(main())
