"""Runs nganam-bench and writes what it found as a page: machine, conditions, figures, targets."""
import datetime
import json
import math
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ROOT / "build" / "bin" / "nganam-bench"
HEARTBEATS = 12  # wake-ups a minute; derived in tests/bench/bench_agent.c

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
        "Four wards: at each one process saves, every report in a synced transaction of its own, and another delivers with the "
        "party's own loop. Saving is inside the clock; no more than the window is saved and not delivered. The limits save "
        "nothing at the author's side, so there is no ratio to them.",
        ["ingest", "--producers", "4", "--window", "192", "--durable-outbox"],
    ),
    (
        "freshness",
        "From the moment a report was due at the ward to the moment it is committed in the office's state, with real agents, "
        "broker and office: 1,000 statements a second, each of one act with its own signature, receipt and verdict. A report "
        "that waits because the ward is behind is late from when it was due.",
        ["freshness", "--rate", "1000", "--acts", "1", "--seconds", "5"],
    ),
    (
        "freshness, ten acts a statement",
        "The same 1,000 acts a second in 100 statements.",
        ["freshness", "--rate", "1000", "--acts", "10", "--seconds", "5"],
    ),
    ("rank", "One component of one unit changes and its place follows.", ["rank"]),
    (
        "replay",
        "A log of a million acts, 256 in a statement, is folded again: every leaf re-hashed, the state made anew.",
        ["replay", "--acts", "256"],
    ),
    (
        "replay, one act a statement",
        "The same of statements of one act each (100,000 of them: the rate is what is asked, and filling takes longest).",
        ["replay", "--acts", "1", "--statements", "100000"],
    ),
    (
        "board",
        "Boards and explanations read one after the other without a pause, beside an office that folds what four producers "
        "push. Every unit has answered every component. Percentiles are of all readings of all runs.",
        ["board", "--seconds", "4"],
    ),
    ("agent", "At rest, nothing to do.", ["agent", "--seconds", "60"]),
)

# What holds a row that is not reached, as far as it has been found out; printed only for those. A "…" row stands under the
# plain row's name and its own.
SHARED = "the producers verify their receipts on the broker's cores; the next row is without that"
SYNCS = "each report passes the synced commits of ward, broker and office one after the other, each behind the commit that is under way there"
SAVING = SYNCS + "; saving alone is 1,000 commits a second of two syncs each, and receipts, the log and the answers come on top"
BOARD = "a board is made from the row of every unit at each reading, on cores that the ingest fills"
REASONS = {
    "ingest 8×1, of the bare loop": SHARED,
    "ingest 8×1, of the bare loop … the broker alone": "a proof for each statement and a signed tree head for each turn, which the bare loop has not",
    "ingest pipelined, one act, of one core's verify rate": SHARED,
    "freshness p50, in fdatasyncs": SAVING,
    "freshness p99, in fdatasyncs": SAVING,
    "freshness p50, in fdatasyncs … ten acts a statement": SYNCS,
    "freshness p99, in fdatasyncs … ten acts a statement": SYNCS,
    "rank, 10,000 units, of a full qsort": "a change writes the unit's row and moves its place in the index, in LMDB and synced; the qsort is in memory",
    "rank, 150 units over 100,000 units": "256 changes a commit fall on far more pages of the larger tree, and LMDB copies each page it changes",
    "replay, one act a statement (100,000)": "what is done once a leaf is shared with no other act",
    "board of 3,321 units while ingesting, p99": BOARD,
    "ingest beside the reader, of that without": "a reader without a pause keeps a core busy",
}


def bench(arguments):
    command = [BENCH, *arguments, "--json"]
    done = subprocess.run([str(c) for c in command], capture_output=True, check=False)
    if done.returncode != 0:
        words = done.stderr.decode("utf-8", "replace").strip()
        print(f"performance: {' '.join(map(str, command))}: {words}", file=sys.stderr)
        return {"failed": words, "figures": [], "conditions": {}}
    document = json.loads(done.stdout)
    return document["bench"] | {"machine": document["machine"]}


def number(value):
    size = abs(value)
    digits = 0 if size >= 1000 else 1 if size >= 10 else 3 if size >= 0.1 or size == 0 else 6
    return f"{value:,.{digits}f}"


def find(results, heading, figure):
    """NaN, which reaches no target: the measurement failed, or had too few readings for this figure."""
    medians = [f["median"] for f in results[heading]["figures"] if f["figure"] == figure]
    return medians[0] if medians else math.nan


def seen_text(seen, unit=""):
    return "not measured" if math.isnan(seen) else f"{number(seen)}{unit}"


def targets(results):
    """(work, target, seen, reached)"""

    def at_least(work, heading, figure, least, unit=""):
        seen = find(results, heading, figure)
        return work, f"≥ {number(least)}{unit}", seen_text(seen, unit), seen >= least

    def at_most(work, heading, figure, most, unit=""):
        seen = find(results, heading, figure)
        return work, f"≤ {number(most)}{unit}", seen_text(seen, unit), seen <= most

    def mib(heading, figure):
        return find(results, heading, figure)

    small, large = (mib("replay", f"private dirty memory at {x}, peak") for x in ("a quarter of the log", "the whole log"))
    small_clean, large_clean = (mib("replay", f"private clean memory at {x}, peak") for x in ("a quarter of the log", "the whole log"))
    payload, disk = (find(results, "ingest pipelined, one act", f"{x} a statement") for x in ("payload", "disk"))
    broker, broker_clean = (mib("ingest pipelined, 256 acts", f"broker private {x} memory, peak") for x in ("dirty", "clean"))
    agent, agent_clean = (mib("agent", f"agent: private {x} memory") for x in ("dirty", "clean"))

    def with_clean(dirty, clean, most):
        seen = dirty + clean
        return "… and the clean pages of its files", f"≤ {most} MiB", seen_text(seen, " MiB"), seen <= most

    def grows(work, before, after):
        seen = "not measured" if math.isnan(after) else f"{after / before:.2f} ({after:.1f} MiB)"
        return work, "≤ 1.25", seen, after <= 1.25 * before

    later = "receipts verified afterwards"
    return (
        at_least("ingest 8×1, of the bare loop", "ingest 8x1", "statements / bare loop", 0.9),
        at_least("… the broker alone", f"ingest 8x1, {later}", "statements / bare loop", 0.9),
        at_least("ingest pipelined, 256 acts a statement", "ingest pipelined, 256 acts", "acts", 450000, " acts/s"),
        at_least("ingest pipelined, one act, of one core's verify rate", "ingest pipelined, one act", "statements / verify, one core", 0.85),
        at_least("… the broker alone", f"ingest pipelined, one act, {later}", "statements / verify, one core", 0.85),
        at_most("freshness p50, in fdatasyncs", "freshness", "p50 / fdatasync", 10),
        at_most("… from saved instead of due", "freshness", "from saved: p50 / fdatasync", 10),
        at_most("… ten acts a statement", "freshness, ten acts a statement", "p50 / fdatasync", 10),
        at_most("freshness p99, in fdatasyncs", "freshness", "p99 / fdatasync", 40),
        at_most("… from saved instead of due", "freshness", "from saved: p99 / fdatasync", 40),
        at_most("… ten acts a statement", "freshness, ten acts a statement", "p99 / fdatasync", 40),
        at_least("rank, 10,000 units, of a full qsort", "rank", "10000 units: on disk / qsort", 1000),
        at_least("… a place moved in memory", "rank", "10000 units: place moved / qsort", 1000),
        at_most("rank, 150 units over 100,000 units", "rank", "on disk, 150 / 100000 units", 3),
        at_most("… a place moved in memory", "rank", "in memory, 150 / 100000 units", 3),
        at_least("replay, one act a statement (100,000)", "replay, one act a statement", "acts folded again", 300000, " acts/s"),
        at_least("… 1,000,000 acts, 256 a statement", "replay", "acts folded again", 300000, " acts/s"),
        grows("replay: private dirty memory at the whole log over a quarter of it", small, large),
        grows("… and the clean pages of its files", small + small_clean, large + large_clean),
        at_most("board of 3,321 units while ingesting, p99", "board", "board made, p99", 5000, " µs"),
        at_least("ingest beside the reader, of that without", "board", "with / without", 0.9),
        at_most("agent at rest, private dirty memory", "agent", "agent: private dirty memory", 4, " MiB"),
        with_clean(agent, agent_clean, 4),
        at_most("agent at rest, wake-ups a minute", "agent", "agent: wake-ups a minute", HEARTBEATS),
        at_most("broker, private dirty memory, peak", "ingest pipelined, 256 acts", "broker private dirty memory, peak", 25, " MiB"),
        with_clean(broker, broker_clean, 25),
        ("disk a statement beside its payload", "≤ 500 bytes", seen_text(disk - payload, " bytes"), disk - payload <= 500),
    )


def machine_line(m):
    return (
        f"{m['cores']} cores ({m['cpu']}), {m['memory_mib']:,} MiB, Linux {m['kernel']}, data on {m['filesystem']}; "
        f"load average {m['load']:.1f} when it began"
    )


def program_line(m):
    """Which program it was: its version, the commit, and the day."""

    def git(*words):
        return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False).stdout.strip()

    commit = git("rev-parse", "--short=12", "HEAD") or "without a commit"
    changed = ", with changes" if git("status", "--porcelain", "--untracked-files=no", "--", ":!docs/PERFORMANCE.md") else ""
    return f"nganam {m['version']}, commit {commit}{changed}, {datetime.date.today().isoformat()}"


def target_row(row, plain):
    """plain: the name of the last row without "…"."""
    work, target, seen, good = row
    reason = "" if good else REASONS.get(f"{plain} {work}" if work.startswith("…") else work, "")
    return f"| {work} | {target} | {seen} | {'yes' if good else '**no**'} | {reason} |"


def page(results):
    machine = next(result["machine"] for result in results.values() if "machine" in result)
    out = [
        "# Performance",
        "",
        "Written by `scripts/bench` from one run; do not edit. Each figure is the median of its runs (five, or one where it is",
        "a count) with the least and the greatest. Machines are shared and noisy: ratios are taken pair by pair within a run.",
        "Percentiles are read from buckets 1.1 % wide.",
        "",
        f"Machine: {machine_line(machine)}.",
        f"Program: {program_line(machine)}.",
        "Sync: stands with each measurement. Full is fdatasync and LMDB with its meta page, as broker and party stores have it; the",
        "office's state, which can be had again from the log, is synced without the meta page.",
        "",
        "A row with a plain name is the target at its hardest reading; a row that begins with … is the same under the easier or",
        "different conditions it names.",
        "",
        "- *Verification.* The broker has all cores check the signatures of a turn at once, before the append: fork and join on the",
        "  loop's thread, which takes part (`lib/base/workers.h`); nothing is verified beside an append.",
        "- *Visible* is committed in the office's state, where every other process reads it. What a power cut takes of that state is",
        "  read again from the log (ADR 0007).",
        "- *Memory.* Targets are judged by private dirty memory: heap, stacks and written data, which the machine cannot have back.",
        "  Private clean pages are a file's (LMDB's map, the program), taken back at will; the row that follows counts them in.",
        f"- *Wake-ups.* ZeroMQ's heartbeats make {HEARTBEATS} a minute: every 15 s the agent's own timer, the answer to what it asked,",
        "  and what the broker asks.",
        "",
        "| work | target | seen | reached | what holds it |",
        "|---|---|---|---|---|",
    ]
    plain = ""
    for row in targets(results):
        out.append(target_row(row, plain))
        plain = plain if row[0].startswith("…") else row[0]
    for heading, text, arguments in MEASUREMENTS:
        result = results[heading]
        conditions = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in result["conditions"].items())
        out += ["", f"## {heading}", "", text, "", f"`nganam-bench {' '.join(arguments or [heading])}`" + (f"; {conditions}" if conditions else "")]
        if "failed" in result:
            out += ["", f"Failed: {result['failed']}"]
            continue
        out += ["", "| figure | unit | median | least | greatest |", "|---|---|---:|---:|---:|"]
        out += [
            f"| {f['figure']} | {f['unit']} | {number(f['median'])} | {number(f['min'])} | {number(f['max'])} |"
            for f in result["figures"]
        ]
    return "\n".join(out) + "\n"


def main():
    results = {}
    for heading, _, arguments in MEASUREMENTS:
        print(f"bench: {heading}", flush=True)
        results[heading] = bench(arguments or [heading])
    pathlib.Path(sys.argv[1]).write_text(page(results), "utf-8")
    print(f"bench: written to {sys.argv[1]}")
    sys.exit(any("failed" in result for result in results.values()))


if __name__ == "__main__":
    main()
