"""A sample year of the town of Ngã Năm, run with the real programs.

Broker, office and one agent process per unit, over CURVE on loopback. The town wakes on one day a
month (leap.py), so that deadlines pass between; units report four times and on their tasks every
month; the line of some is cut in between and mended a week later. Ends on the machine's own day,
with the boards of both groups.
"""
import argparse
import concurrent.futures
import contextlib
import datetime
import os
import pathlib
import shutil
import signal
import sys
import time

import duties
import figures
import leap
import programs
import relay
import words

ORIGIN = "nganam.example/log"
SEED = 2030
PORT = 5570
CUT_COUNT = 5
WORKERS = 8
GROUPS = ("commune", "department")
EVENTS = {"KH-CCHC-2026": (1, 2), "TINH-NANGCAP": (9, 1)}  # month and day; others have none yet


class Town:
    """The processes and folders of one run."""

    def __init__(self, folder, speaker):
        self.folder = folder
        self.speaker = speaker
        self.year = duties.sample_year(figures.today())
        self.events = {code: datetime.date(self.year, *day) for code, day in EVENTS.items()}
        self.calendar = None
        self.services = []  # in the order they were started
        self.relays = {}
        self.down = set()  # units whose line is cut now
        self.dated = set()  # events the office has dated
        self.units = []
        self.endpoint = ""

    def data(self, name):
        return self.folder / name

    def call(self, program, *arguments, **options):
        """A command of the broker or the office, or of the agent of the unit given as data."""
        name = options.pop("unit", program)
        return programs.run(
            program, *arguments, data=self.data(name), lang=self.speaker.lang, **options
        )

    def serve(self, program, *arguments, unit=None):
        name = unit or program
        service = programs.Service(
            program,
            "serve",
            *arguments,
            data=self.data(name),
            log=self.folder / f"{name}.log",
            lang=self.speaker.lang,
        )
        self.services.append(service)
        return service

    def stop(self):
        """Agents first, the broker last: nothing waits for a peer that is gone."""
        faults = []
        for service in reversed(self.services):
            try:
                service.stop()
            except programs.CommandFailed as fault:
                faults.append(str(fault))
        self.services.clear()
        for line in self.relays.values():
            line.stop()
        return faults


def sample_units(path):
    """The town's units with what makes this sample year interesting."""
    units = figures.read_units(path)
    for group in GROUPS:
        members = [unit for unit in units if unit.group == group]
        for place, unit in enumerate(members):
            unit.quality = 0.96 - 0.30 * ((place * 5) % len(members)) / len(members)
        members[3].twin_of = members[1].code  # a tie on purpose
        members[3].quality = members[1].quality
        members[-2].answers = 0.6  # stopped halfway
    units[-1].answers = 0.0  # a unit that never reported
    return units


def start_centre(town):
    port = programs.free_port(PORT)
    town.endpoint = f"tcp://127.0.0.1:{port}"
    made = town.call(
        "broker", "init", "--origin", ORIGIN, "--endpoint", town.endpoint, "--json"
    ).json()
    town.serve("broker")
    town.speaker.say("broker", endpoint=town.endpoint)
    town.call("office", "init", made["office_slip"])
    town.serve("office")
    town.speaker.say("office")
    return port


def issue_rules(town, data):
    sets = {group: data / f"sample-criteria-{group}-2026.csv" for group in GROUPS}
    tasks = duties.task_rows(figures.read_rows(data / "tasks-nganam-2026.csv"), town.year)
    tasks_file = town.folder / "tasks.csv"
    figures.write_rows(tasks_file, tasks[0].keys(), tasks)
    town.call("office", "units", "import", data / "units-nganam.csv")
    for group, path in sets.items():
        town.call(
            "office",
            "criteria",
            "import",
            path,
            "--set",
            f"sample-{group}",
            "--year",
            town.year,
            "--group",
            group,
        )
    town.call("office", "tasks", "import", tasks_file)
    town.speaker.say("rules", sets=len(sets), tasks=len(tasks), year=town.year)
    return {group: figures.read_leaves(path) for group, path in sets.items()}, tasks


def start_agents(town, port):
    """Invites, enrols and starts every unit; some of them behind a line that can be cut."""
    cut = [unit.code for unit in town.units if unit.answers == 1.0][::3][:CUT_COUNT]
    for code in cut:
        town.relays[code] = relay.Relay(port)

    def enrol(unit):
        slip = town.call("office", "invite", unit.code, "--json").json()["slip"]
        line = town.relays.get(unit.code)
        via = ("--broker", f"tcp://127.0.0.1:{line.port}") if line else ()
        town.call("agent", "enrol", "-", *via, unit=unit.code, stdin=slip.encode())

    in_parallel(enrol, town.units)
    for unit in town.units:  # from this thread: a service ends with the thread that started it
        town.serve("agent", unit=unit.code)
    town.speaker.say("agents", count=len(town.units))


def in_parallel(action, items):
    """Runs action(item) for all, a few at a time; the first fault is raised."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(action, items))


def outbox(town, code):
    return town.call("agent", "status", "--json", unit=code).json()["outbox"]


def waiting(town):
    return sum(in_parallel(lambda unit: outbox(town, unit.code), town.units))


def settle(town, units, what):
    """Until these have delivered everything: before that the calendar stands still."""
    left = [unit.code for unit in units]

    def delivered():
        left[:] = [code for code in left if outbox(town, code)]
        return not left

    programs.wait_until(delivered, 60, f"{what}: delivery")


def report_period(town, period, reports):
    """One period's reports of all units: [(unit, rows)]."""

    def report(item):
        unit, rows = item
        path = town.folder / "reports" / f"{unit.code}-{period}.csv"
        figures.write_rows(path, figures.REPORT_COLUMNS, rows)
        town.call(
            "agent",
            "report",
            "--year",
            town.year,
            "--period",
            period,
            "--file",
            path,
            unit=unit.code,
        )

    in_parallel(report, reports)
    settle(town, [unit for unit, _ in reports if unit.code not in town.down], period)
    town.speaker.say(
        "period",
        period=period,
        reports=len(reports),
        figures=sum(len(rows) for _, rows in reports),
        waiting=waiting(town),
    )


def report_tasks(town, day):
    """What a unit reports on its tasks that day, one command each."""

    def report(unit):
        for code, percent in day.duties.get(unit.code, {}).items():
            town.call(
                "agent", "task", code, "--percent", percent, "--year", town.year, unit=unit.code
            )

    in_parallel(report, town.units)
    settle(town, [unit for unit in town.units if unit.code not in town.down], "tasks")
    town.speaker.say("tasks", month=day.date, count=sum(map(len, day.duties.values())))


def cut_lines(town):
    for line in town.relays.values():
        line.cut()
    town.down = set(town.relays)
    names = ", ".join(unit.name for unit in town.units if unit.code in town.relays)
    town.speaker.say("cut", count=len(town.relays), names=names)


def mend_lines(town):
    late = waiting(town)
    for line in town.relays.values():
        line.mend()
    town.down = set()
    # By itself an agent tries again after a pause that has grown; send asks it to do so now.
    in_parallel(lambda code: town.call("agent", "send", unit=code), town.relays)
    town.speaker.say("mended", waiting=late)


def live_day(town, day, reports):
    """One day of the year: what is due is reported; the office dates what has happened."""
    for event, date in town.events.items():
        if date <= day.date and event not in town.dated:
            town.call("office", "event", event, date.isoformat())
            town.dated.add(event)
    if day.report is not None:
        report_period(town, *reports[day.report])
    report_tasks(town, day)


def run_year(town, leaves, tasks, pause):
    """A day a month; the line of some units is down through one of them."""
    by_period = {}
    for unit in town.units:
        for period, rows in figures.year_reports(unit, leaves[unit.group], town.year, SEED):
            by_period.setdefault(period, []).append((unit, rows))
    days = duties.days_of(town.year, figures.today())
    duties.plan(town.units, tasks, days, town.year, town.events, SEED)
    for place, day in enumerate(days):
        town.calendar.go_to(None if day is days[-1] and day.date == figures.today() else day.date)
        if place == duties.CUT_MONTH:
            cut_lines(town)
        live_day(town, day, list(by_period.items()))
        if place == duties.CUT_MONTH:
            town.calendar.go_to(day.date + duties.OUTAGE)
            mend_lines(town)
        time.sleep(pause)
    town.calendar.go_to(None)
    enter_survey(town, leaves)


def enter_survey(town, leaves):
    for group in GROUPS:
        members = [unit for unit in town.units if unit.group == group]
        rows = figures.survey_points(members, leaves[group], SEED)
        path = town.folder / f"survey-{group}.csv"
        figures.write_rows(path, ["unit", "code", "value"], rows)
        town.call("office", "survey", "import", path, "--year", town.year, "--group", group)
        town.speaker.say("survey", count=len(rows))


def check(town):
    """Every promise of the demo, looked at: returns the faults as lines."""
    say, text = town.speaker.say, town.speaker.text
    programs.wait_until(lambda: waiting(town) == 0, 60, "every statement delivered")
    delivered = 0
    for unit in town.units:
        delivered += town.call("agent", "status", "--json", unit=unit.code).json()["delivered"]
    entries = town.call("broker", "log", "list", "--json").json()["entries"]
    codes = {unit.code for unit in town.units}
    logged = sum(1 for entry in entries if entry["author"] in codes)
    faults = []
    if logged != delivered:
        faults.append(text("fault_count", log=logged, units=delivered))
    say("delivered", count=delivered)
    faults += answer_faults(town, "broker", "log", "verify")
    say("verified", size=town.call("broker", "log", "head", "--json").json()["size"])
    faults += answer_faults(town, "office", "rebuild", "--check")
    say("rebuilt")
    for group in GROUPS:
        board = town.call("office", "board", "--year", town.year, "--group", group, "--json").json()
        on_it = {row["unit"] for row in board["rows"]}
        for unit in town.units:
            if unit.group == group and unit.code not in on_it:
                faults.append(text("fault_missing", group=text(group), unit=unit.name))
        kept = [row["tasks"]["done_on_time"] for row in board["rows"]]
        due = [row["tasks"]["due"] for row in board["rows"]]
        if not 0 < sum(kept) < sum(due) or 0 in due:
            faults.append(text("fault_tasks", group=text(group), kept=sum(kept), due=sum(due)))
    return faults


def answer_faults(town, program, *arguments):
    answer = town.call(program, *arguments, check=False)
    return [] if answer.status == 0 else [str(answer)]


def show_boards(town):
    for group in GROUPS:
        print()
        town.speaker.say("board", group=town.speaker.text(group).upper())
        print(town.call("office", "board", "--year", town.year, "--group", group).out, flush=True)


def show_commands(town):
    some = town.units[0].code
    town.speaker.say("places", folder=town.folder)
    town.speaker.say("stays")
    where = programs.bin_folder()
    office, agent, broker = town.data("office"), town.data(some), town.data("broker")
    for line in (
        f"{where}/nganam-office board --data {office} --year {town.year} --group commune",
        f"{where}/nganam-office board --data {office} --year {town.year} --group commune"
        f" --at {town.year}-07-31",
        f"{where}/nganam-office explain {some} --data {office} --year {town.year}",
        f"{where}/nganam-agent status --data {agent}",
        f"{where}/nganam-agent receipts --data {agent}",
        f"{where}/nganam-broker log verify --data {broker}",
    ):
        print(f"  {line}")
    sys.stdout.flush()


def arguments():
    parser = argparse.ArgumentParser(prog="demo", description="Run the sample town of Ngã Năm.")
    parser.add_argument("--once", action="store_true", help="stop after the boards")
    parser.add_argument("--lang", choices=("vi", "en"), default="vi")
    parser.add_argument(
        "--speed",
        choices=("fast", "slow"),
        default="fast",
        help="slow: pause between periods, to watch",
    )
    parser.add_argument(
        "--folder",
        type=pathlib.Path,
        default=programs.ROOT / "build" / "demo",
        help="where the town's data goes; emptied first",
    )
    return parser.parse_args()


def prepare(folder):
    """An empty folder of ours: never removes one that is not a demo's."""
    mark = folder / "SAMPLE-DATA"
    if folder.exists():
        if any(folder.iterdir()) and not mark.exists():
            raise programs.CommandFailed(f"{folder} is not empty and not a demo's: not touched")
        shutil.rmtree(folder)
    (folder / "reports").mkdir(parents=True)
    mark.write_text("SỐ LIỆU THỬ / SAMPLE DATA\n", "utf-8")


class Stopped(Exception):
    pass


def on_signal(number, _frame):
    raise Stopped(signal.Signals(number).name)


def play(town, options):
    """The whole year; returns the faults."""
    data = programs.ROOT / "data"
    began = time.monotonic()
    town.units = sample_units(data / "units-nganam.csv")
    counts = {group: sum(unit.group == group for unit in town.units) for group in GROUPS}
    town.speaker.say("title", wards=counts["commune"], departments=counts["department"])
    first = datetime.date(town.year, *duties.FIRST_DAY)
    town.calendar = leap.Leap(town.folder / "calendar", first)
    programs.extra_environment = town.calendar.environment()
    town.speaker.say("calendar", first=first)
    port = start_centre(town)
    leaves, tasks = issue_rules(town, data)
    start_agents(town, port)
    run_year(town, leaves, tasks, 3.0 if options.speed == "slow" else 0.0)
    faults = check(town)
    show_boards(town)
    for fault in faults:
        town.speaker.say("fault", what=fault)
    town.speaker.say("done", seconds=round(time.monotonic() - began))
    return faults


def main():
    options = arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    town = Town(options.folder.resolve(), words.Speaker(options.lang))
    status = 1
    try:
        prepare(town.folder)
        faults = play(town, options)
        status = 1 if faults else 0
        if not options.once:
            show_commands(town)
            while all(service.process.poll() is None for service in town.services):
                time.sleep(1.0)
            status = 1
    except Stopped:
        status = 0 if status == 0 else 130
    except (programs.CommandFailed, RuntimeError, OSError) as fault:
        town.speaker.say("fault", what=fault)
    finally:
        with contextlib.suppress(Stopped):
            if not options.once:
                town.speaker.say("stopping")
            for fault in town.stop():
                town.speaker.say("fault", what=fault)
                status = 1
    return status


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    os.umask(0o077)
    sys.exit(main())
