"""Plausible figures for a sample year: what each unit would report of a criteria set.

Deterministic: the same seed, unit and set give the same rows, so that a board can be compared from
run to run. Nothing here is data of a real office.
"""
import csv
import dataclasses
import datetime
import random
from decimal import Decimal

REPORT_COLUMNS = [
    "code",
    "value",
    "numerator",
    "denominator",
    "choice",
    "na",
    "explanation",
    "evidence",
]
LOCAL_TIME = datetime.timezone(datetime.timedelta(hours=7))


@dataclasses.dataclass
class Leaf:
    code: str
    name: str
    max_points: Decimal
    method: str
    params: str
    na: dict  # "na" and "none" -> rescale, full, zero, refuse


@dataclasses.dataclass
class Unit:
    code: str
    name: str
    group: str
    quality: float = 0.8
    twin_of: str = ""  # reports exactly as that unit: a tie on purpose
    answers: float = 1.0  # the share of the set it answers; 0: nothing reported


def read_rows(path):
    """The rows of a CSV with comment lines, as dicts."""
    with open(path, encoding="utf-8-sig", newline="") as stream:
        lines = [line for line in stream if not line.startswith("#") and line.strip()]
    return list(csv.DictReader(lines))


def write_rows(path, columns, rows):
    with open(path, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _policy(text):
    words = (text or "refuse").strip() or "refuse"
    if "=" not in words:
        return {"na": words, "none": words}
    policy = {"na": "refuse", "none": "refuse"}
    policy.update(pair.split("=", 1) for pair in words.split())
    return policy


def read_leaves(path):
    """The nodes of a set that are answered: a row with a method that is no sum."""
    leaves = []
    for row in read_rows(path):
        if row["method"] not in ("", "sum"):
            leaves.append(
                Leaf(
                    row["code"],
                    row["name_vi"],
                    Decimal(row["max_points"]),
                    row["method"],
                    row["params"] or "",
                    _policy(row["na_policy"]),
                )
            )
    return leaves


def read_units(path):
    return [Unit(row["code"], row["name"], row["group"]) for row in read_rows(path)]


def _parameters(leaf):
    pairs = (word.split("=", 1) for word in leaf.params.split() if "=" in word)
    return {key: Decimal(value) for key, value in pairs}


def _comma(number):
    """As a person types it: decimal comma."""
    return str(number).replace(".", ",")


def _points(leaf, quality, rng):
    steps = int(leaf.max_points / Decimal("0.25"))
    got = min(steps, max(0, round(steps * min(1.0, rng.gauss(quality, 0.12)))))
    return {"value": _comma(Decimal(got) * Decimal("0.25"))}


def _choice(leaf, quality, rng):
    keys = [pair.rsplit(":", 1) for pair in leaf.params.split("|")]
    keys.sort(key=lambda pair: Decimal(pair[1].strip()), reverse=True)
    place = min(len(keys) - 1, int(rng.expovariate(1.0) * (1.05 - quality) * len(keys)))
    return {"choice": keys[place][0].strip()}


def _bands(leaf, quality, rng):
    """Thresholds above 10 are percentages (given as a ratio), smaller ones are counts."""
    limits = []
    for pair in leaf.params.split("|"):
        left = pair.rsplit(":", 1)[0].strip().lstrip("<>=")
        if left:
            limits.append(Decimal(left))
    if not limits or max(limits) > 10:
        return _share(quality, rng)
    falling = leaf.params.lstrip().startswith(("<", "="))
    good, bad = (min(limits), max(limits)) if falling else (max(limits), min(limits))
    return {"value": str(int(good if rng.random() < quality else bad))}


def _share(quality, rng, over=False):
    whole = rng.choice([20, 24, 25, 32, 40, 48, 60, 75, 96, 120, 150, 240, 365, 1280])
    share = min(1.0 if not over else 1.1, max(0.3, rng.gauss(quality + 0.12, 0.08)))
    return {"numerator": str(round(whole * share)), "denominator": str(whole)}


def _ratio(leaf, quality, rng):
    return _share(quality, rng)


def _deduct(leaf, quality, rng):
    """Cases that cost points: none, one or two in a good year."""
    return {"value": str(min(4, int(rng.expovariate(1.0) * (1.1 - quality) * 2)))}


def _count(leaf, quality, rng):
    """Things that earn points: near the number that gives the maximum."""
    enough = leaf.max_points / _parameters(leaf)["per"]
    return {"value": str(max(0, round(float(enough) * rng.gauss(quality, 0.3))))}


ANSWERS = {
    "points": _points,
    "choice": _choice,
    "bands": _bands,
    "ratio": _ratio,
    "deduct": _deduct,
    "count": _count,
}


def _answer(leaf, quality, rng):
    """One row: mostly a figure, here and there "not applicable" or "nothing arose"."""
    row = {"code": leaf.code}
    if leaf.na["na"] != "refuse" and rng.random() < 0.03:
        row.update(na="true", explanation="Đơn vị không có nhiệm vụ thuộc nội dung này")
        return row
    if leaf.na["none"] != "refuse" and rng.random() < 0.03:
        row.update(na="none", explanation="Trong kỳ không phát sinh")
        return row
    row.update(ANSWERS[leaf.method](leaf, quality, rng))
    if rng.random() < 0.7:
        row["evidence"] = "|".join(
            f"{leaf.code}-van-ban-{n + 1}.pdf" for n in range(rng.choice([1, 1, 2, 3]))
        )
    else:
        row["explanation"] = "Số liệu theo sổ theo dõi của đơn vị"
    return row


# What part of the set is answered by the end of each period, and how far the year's level is reached.
PERIODS = (("Q1", 0.30, 0.80), ("H1", 0.55, 0.90), ("Q3", 0.80, 0.95), ("", 1.00, 1.00))


def year_reports(unit, leaves, year, seed):
    """[(period, rows)] of a unit: each report brings what is new and what has changed."""
    source = unit.twin_of or unit.code
    rng = random.Random(f"{seed}/{source}")
    own = [leaf for leaf in leaves if leaf.method in ANSWERS]
    answered = own[: max(1, round(len(own) * unit.answers))] if unit.answers > 0 else []
    reports = []
    begin = 0
    for suffix, share, level in PERIODS:
        period = f"{year}-{suffix}" if suffix else str(year)
        end = round(len(answered) * share)
        again = [leaf for leaf in answered[:begin] if rng.random() < 0.25]
        rows = [_answer(leaf, unit.quality * level, rng) for leaf in again + answered[begin:end]]
        begin = max(begin, end)
        if rows:
            reports.append((period, rows))
    return reports


def survey_points(units, leaves, seed):
    """Survey rows of a group's units: what the citizens said of each."""
    rows = []
    for unit in units:
        rng = random.Random(f"{seed}/survey/{unit.twin_of or unit.code}")
        for leaf in leaves:
            if leaf.method == "survey":
                share = min(1.0, max(0.2, rng.gauss(unit.quality, 0.06)))
                points = (leaf.max_points * Decimal(str(share))).quantize(Decimal("0.01"))
                rows.append({"unit": unit.code, "code": leaf.code, "value": _comma(points)})
    return rows


def today():
    return datetime.datetime.now(LOCAL_TIME).date()


def date_of(text):
    """A task's due as a date ("30/11/2026" or "2026-11-30"), None for the other kinds."""
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.datetime.strptime(text, form).date()
        except ValueError:
            pass
    return None


def tasks_of(unit, rows):
    return [row for row in rows if row["unit"] in (unit.code, "@" + unit.group)]
