"""Runs nganam-bench and writes what it found as a page: machine, conditions, figures, targets."""
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ROOT / "build" / "bin" / "nganam-bench"

# Heading, what it is, arguments of nganam-bench.
MEASUREMENTS = (
    ("limits", "What the machine can do: the same libraries, nothing of ours between them.", []),
    (
        "ingest 8x1",
        "Eight producers, one statement of one act on its way each: encrypted, signed, logged, proved, synced, and the "
        "receipt verified by the producer. Statements are signed before the clock runs, as the messages of the bare loop are.",
        ["ingest", "--producers", "8", "--window", "1"],
    ),
    (
        "ingest 8x1, receipts verified afterwards",
        "The same, but the producers, which share the cores with the broker, verify their receipts when the clock has stopped; "
        "the clients of the bare loop verify nothing either. This is the broker alone.",
        ["ingest", "--producers", "8", "--window", "1", "--verify-later"],
    ),
    (
        "ingest pipelined, one act",
        "Two producers with as many statements on their way as the credit allows.",
        ["ingest", "--producers", "2", "--window", "192", "--seconds", "3"],
    ),
    (
        "ingest pipelined, one act, receipts verified afterwards",
        "The broker alone, as above.",
        ["ingest", "--producers", "2", "--window", "192", "--seconds", "3", "--verify-later"],
    ),
    (
        "ingest pipelined, 256 acts",
        "Four producers, statements of 256 acts of 100 bytes.",
        ["ingest", "--producers", "4", "--window", "8", "--acts", "256"],
    ),
    (
        "ingest through outboxes on disk",
        "Four producers whose statements lie in their outboxes on disk and are delivered by the party's own loop.",
        ["ingest", "--producers", "4", "--window", "192", "--durable-outbox"],
    ),
    (
        "freshness",
        "From saved at the ward (on its disk) to visible in the office's standing (on its disk): real agents, broker and "
        "office; 1,000 acts a second, ten in a statement.",
        ["freshness", "--rate", "1000", "--acts", "10", "--seconds", "5"],
    ),
    (
        "freshness, one act a statement",
        "The same with 1,000 statements a second, each with its own signature, receipt and verdict.",
        ["freshness", "--rate", "1000", "--acts", "1", "--seconds", "5"],
    ),
    ("rank", "One component of one unit changes and its place follows.", ["rank"]),
    (
        "replay",
        "A log of a million acts is folded again: every leaf re-hashed, the state made anew.",
        ["replay"],
    ),
    (
        "board",
        "Boards and explanations read beside an office that folds what four producers push.",
        ["board"],
    ),
    ("agent", "At rest, nothing to do.", ["agent", "--seconds", "60"]),
)


def bench(arguments):
    command = [BENCH, *arguments, "--json"]
    done = subprocess.run([str(c) for c in command], capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"performance: {' '.join(map(str, command))}: {done.stderr.decode('utf-8', 'replace')}")
    return json.loads(done.stdout)["bench"]


def number(value):
    size = abs(value)
    digits = 0 if size >= 1000 else 1 if size >= 10 else 3 if size >= 0.1 or size == 0 else 6
    return f"{value:,.{digits}f}"


def find(results, heading, figure):
    for f in results[heading]["figures"]:
        if f["figure"] == figure:
            return f["median"]
    raise KeyError(f"{heading}: {figure}")


def targets(results):
    """(work, target, seen, reached)"""

    def at_least(work, heading, figure, least, unit=""):
        seen = find(results, heading, figure)
        return work, f"≥ {number(least)}{unit}", f"{number(seen)}{unit}", seen >= least

    def at_most(work, heading, figure, most, unit=""):
        seen = find(results, heading, figure)
        return work, f"≤ {number(most)}{unit}", f"{number(seen)}{unit}", seen <= most

    small, large = (find(results, "replay", f"private memory at {x}") for x in ("a quarter of the log", "the whole log"))
    payload, disk = (find(results, "ingest pipelined, one act", f"{x} a statement") for x in ("payload", "disk"))
    return (
        at_least("ingest 8×1, of the bare loop", "ingest 8x1, receipts verified afterwards", "statements / limit", 0.9),
        at_least("… with the producers' verification on the same cores", "ingest 8x1", "statements / limit", 0.9),
        at_least("ingest pipelined, 256 acts a statement", "ingest pipelined, 256 acts", "acts", 450000, " acts/s"),
        at_least(
            "ingest pipelined, one act, of one core's verify rate",
            "ingest pipelined, one act, receipts verified afterwards",
            "statements / limit",
            0.85,
        ),
        at_least("… with the producers' verification on the same cores", "ingest pipelined, one act", "statements / limit", 0.85),
        at_most("freshness p50, in fdatasyncs", "freshness", "p50 / fdatasync", 10),
        at_most("freshness p99, in fdatasyncs", "freshness", "p99 / fdatasync", 40),
        at_least("rank, 10,000 units: a place moved in memory, of a qsort", "rank", "10000 units: place moved / qsort", 1000),
        at_most("rank, 150 units over 100,000 units, in memory", "rank", "in memory, 150 / 100000 units", 3),
        at_least("replay", "replay", "acts folded again", 300000, " acts/s"),
        ("replay: memory at the whole log over a quarter of it", "≤ 1.25", f"{large / small:.2f} ({large:.1f} MiB)", large <= 1.25 * small),
        at_most("board of 3,321 units while ingesting, p99", "board", "board made, p99", 5000, " µs"),
        at_least("ingest beside the reader, of that without", "board", "with / without", 0.9),
        at_most("agent at rest, private memory", "agent", "agent: private memory", 4, " MiB"),
        at_most("agent at rest, wake-ups a minute", "agent", "agent: wake-ups a minute", 12),
        at_most("broker, private memory", "ingest pipelined, 256 acts", "broker private memory at the end", 25, " MiB"),
        ("disk a statement beside its payload", "≤ 500 bytes", f"{disk - payload:.0f} bytes", disk - payload <= 500),
    )


def machine():
    cpu = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")),
        "?",
    )
    folder = os.environ.get("TMPDIR", tempfile.gettempdir())
    kind = subprocess.run(["df", "--output=fstype", folder], capture_output=True, text=True, check=False).stdout.split()[-1]
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores ({cpu}), Linux {platform.release()}, data on {kind}; load average {load:.1f} when it began"


def page(results, where):
    out = [
        "# Performance",
        "",
        "Written by `scripts/bench` from one run; do not edit. Each figure is the median of its runs (five, or one where it is",
        "a count) with the least and the greatest. Machines are shared and noisy: ratios are taken pair by pair within a run.",
        "",
        f"Machine: {where}.",
        "Sync: full (fdatasync and LMDB's meta page) for broker and party stores; the office's state, which can be had again from",
        "the log, without the meta page.",
        "",
        "| work | target | seen | reached |",
        "|---|---|---|---|",
    ]
    out += [f"| {work} | {target} | {seen} | {'yes' if good else '**no**'} |" for work, target, seen, good in targets(results)]
    for heading, text, arguments in MEASUREMENTS:
        result = results[heading]
        conditions = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in result["conditions"].items())
        out += ["", f"## {heading}", "", text, "", f"`nganam-bench {' '.join(arguments or [heading])}`" + (f"; {conditions}" if conditions else "")]
        out += ["", "| figure | unit | median | least | greatest |", "|---|---|---:|---:|---:|"]
        out += [
            f"| {f['figure']} | {f['unit']} | {number(f['median'])} | {number(f['min'])} | {number(f['max'])} |"
            for f in result["figures"]
        ]
    return "\n".join(out) + "\n"


def main():
    where = machine()
    results = {}
    for heading, _, arguments in MEASUREMENTS:
        print(f"bench: {heading}", flush=True)
        results[heading] = bench(arguments or [heading])
    pathlib.Path(sys.argv[1]).write_text(page(results, where), "utf-8")
    print(f"bench: written to {sys.argv[1]}")


if __name__ == "__main__":
    main()
