"""The days of the sample year, and what each unit reports of its tasks on them.

The town's programs wake on one day a month. What falls due before the next of these days is reported
on it; a unit that is not so good is late with some, and forgets others. Deterministic, as figures.
"""
import bisect
import calendar
import dataclasses
import datetime
import random

import figures

FIRST_DAY = (1, 2)  # of January: rules and agents; the months follow
MONTH_DAY = 4
REPORTS = {3: 0, 6: 1, 9: 2}  # months' places on which a period's report is due; the year's is last
CUT_MONTH = 6  # the line of some units is down when they report in July …
OUTAGE = datetime.timedelta(days=7)  # … and comes back a week later
YEAR_NEEDED = datetime.timedelta(days=310)
CYCLES = {"month": 1, "quarter": 3, "half": 6, "year": 12}


@dataclasses.dataclass
class Day:
    date: datetime.date
    report: int | None = None  # the place of the period reported
    duties: dict = dataclasses.field(default_factory=dict)  # unit code -> {task code: percent}


def sample_year(today):
    """The newest year of which ten months have passed."""
    return (today - YEAR_NEEDED).year


def days_of(year, today):
    """The months' days up to today, and today if it is in the year; the last one ends the year."""
    days = [Day(datetime.date(year, month, MONTH_DAY)) for month in range(1, 13)]
    days = [day for day in days if day.date < today]
    if today.year == year:
        days.append(Day(today))
    for place, report in REPORTS.items():
        days[place].report = report
    days[-1].report = len(REPORTS)
    return days


def task_rows(rows, year):
    """The tasks of a year's file, moved to the sample year."""
    moved = []
    for row in rows:
        due = figures.date_of(row["due"])
        if due:
            last = calendar.monthrange(year, due.month)[1]
            due = due.replace(year=year, day=min(due.day, last)).isoformat()
        years = str(year) if row["year"].isdigit() else row["year"]
        moved.append({**row, "year": years, "due": due or row["due"]})
    return moved


def due_dates(row, year, events):
    """When the task falls due in the year; for one without a day, its last day."""
    due = row["due"]
    end = datetime.date(year, 12, 31)
    if due.startswith("every:"):
        cycle, number = due.split(":")[1:]
        step = CYCLES[cycle]
        months = range(step, 13, step)
        return [
            datetime.date(year, month, min(int(number), calendar.monthrange(year, month)[1]))
            for month in months
        ]
    if due.startswith("event:"):
        event, days = due[len("event:") :].rstrip("d").split("+")
        return [events[event] + datetime.timedelta(days=int(days))] if event in events else []
    return [figures.date_of(due) or end]


def _place(days, due):
    """The last day on which it can be reported in time; the first of all when there is none."""
    return max(0, bisect.bisect_right([day.date for day in days], due) - 1)


def plan(units, rows, days, year, events, seed):
    """Fills the days' duties."""
    for unit in units:
        if unit.answers == 0:
            continue
        rng = random.Random(f"{seed}/tasks/{unit.twin_of or unit.code}")
        for row in figures.tasks_of(unit, rows):
            recurring = row["due"].startswith("every:")
            for due in due_dates(row, year, events):
                luck = rng.random()
                place, percent = _place(days, due), 100
                if luck > unit.quality * 1.05:
                    percent = rng.choice([30, 50, 80])
                    if not recurring and luck < unit.quality * 1.05 + 0.15:
                        place, percent = place + 1, 100  # late
                if place < len(days):
                    duties = days[place].duties.setdefault(unit.code, {})
                    duties[row["code"]] = max(percent, duties.get(row["code"], 0))
