"""Goal: real, published sets and results come out as published.
Method: each set is imported as it is shipped in data/, real agents report the published parts, the survey
part is imported by the office, and the board is compared with what was published.
"""
import decimal
import re
import unittest

import stage
from stage import DATA, USAGE, YEAR, figures

ROUND = decimal.Decimal("0.01")


def number(text):
    return decimal.Decimal(text.replace(",", "."))


class Published(stage.TownTest):
    """A table of published results: appraisal part, survey part, total, index, rank."""

    def reproduce(self, path, group, year, appraisal_column, survey_column, appraisal_max, survey_max):
        s = self.stage
        rows = figures.read_rows(path)
        codes = [f"{group[:3].upper()}{place + 1:02}" for place in range(len(rows))]
        unit_rows = [{"code": code, "name": row["unit"], "group": group} for code, row in zip(codes, rows)]
        units = s.folder / f"{group}-units.csv"
        figures.write_rows(units, ["code", "name", "group", "parent", "valid_from", "valid_to"], unit_rows)
        s.office("units", "import", units)
        text = ("#set total=100\n" + stage.HEADER
                + f"1,,field,Thẩm định,Appraisal,{appraisal_max},points,,,\n"
                + f"2,,field,Điều tra xã hội học,Survey,{survey_max},survey,,,\n")
        s.criteria(text, name=group, group=group, year=year)
        for code, row in zip(codes, rows):
            s.enrol(code)
            value = row[appraisal_column].replace(".", ",")
            s.agent(code, "report", "--year", year, "1", f"value={value}")
            s.agent(code, "send")
        survey = s.folder / f"{group}-survey.csv"
        figures.write_rows(survey, ["unit", "code", "value"],
                           [{"unit": code, "code": "2", "value": row[survey_column].replace(".", ",")}
                            for code, row in zip(codes, rows)])
        s.office("survey", "import", survey, "--year", year, "--group", group)
        board = s.office_caught_up(group=group, year=year)
        return dict(zip(codes, rows)), board

    def compare(self, published, board):
        """Every row: total and index as printed, or 0.01 apart where the printed parts themselves do
        not add up to the printed total; the order as printed."""
        apart = []
        for row in board["rows"]:
            printed = published[row["unit"]]
            parts = sum(number(printed[c]) for c in printed if c.startswith(("appraisal", "survey")))
            difference = number(printed["total"]) - parts
            self.assertEqual(number(row["points"]), parts, row["name"])
            self.assertEqual(number(row["max"]), 100)
            self.assertEqual(number(row["index"]).quantize(ROUND), parts.quantize(ROUND), row["name"])
            self.assertLessEqual(abs(difference), ROUND, row["name"])
            if difference:
                apart.append((printed["unit"], parts, printed["total"]))
        for name, parts, total in apart:
            print(f"{name}: the printed parts add to {parts}, the printed total is {total} "
                  "(the source rounded parts and total apart)", flush=True)
        order = [published[row["unit"]]["rank"] for row in board["rows"]]
        self.assertEqual(order, [str(place + 1) for place in range(len(order))])
        self.assertEqual([row["rank"] for row in board["rows"]], list(range(1, len(order) + 1)))
        return apart

    @classmethod
    def setUpStage(cls):
        cls.stage.centre()

    def test_binh_duong_2017(self):
        published, board = self.reproduce(DATA / "results-binhduong2017-districts.csv", "binhduong", 2017,
                                          "appraisal_max65", "survey_max35", "65", "35")
        self.assertEqual(self.compare(published, board), [], "all nine totals equal their parts")
        mean = sum(number(row["index"]) for row in board["rows"]) / len(board["rows"])
        self.assertEqual(mean.quantize(ROUND), decimal.Decimal("78.39"))

    def test_par_index_2023_ministries(self):
        published, board = self.reproduce(DATA / "results-parindex2023-ministries.csv", "ministry", 2023,
                                          "appraisal", "survey", "68.5", "31.5")
        apart = self.compare(published, board)
        self.assertEqual(len(apart), 9, "nine of the seventeen printed totals differ from their parts")


class Sets(stage.TownTest):
    @classmethod
    def setUpStage(cls):
        cls.stage.centre()
        cls.stage.units("A,Xã A,ward", "B,Xã B,ward", "Q,Xã Q,service", "D,Phòng D,department")

    def real_set(self, part):
        found = sorted(DATA.glob(f"criteria-*{part}*.csv"))
        self.assertTrue(found, f"data/ has no set {part}")
        return found[0]

    def test_thanh_hoa_loads_and_is_evaluated_with_bonus_and_deduction(self):
        s = self.stage
        path = self.real_set("thanhhoa")
        s.criteria(None, name="THANHHOA", path=path)
        leaves = figures.read_leaves(path)
        nodes = {row["code"]: row for row in figures.read_rows(path)}
        s.enrol("A")

        def top(code):
            while nodes[code]["parent"]:
                code = nodes[code]["parent"]
            return nodes[code]

        def kind(leaf):
            found = re.search(r"kind=(\w+)", top(leaf.code)["params"])
            return found.group(1) if found else "base"

        rows = [best_row(leaf) for leaf in leaves]
        groups = {name: [leaf for leaf in leaves if kind(leaf) == name]
                  for name in ("base", "bonus", "deduction")}
        self.assertTrue(groups["bonus"] and groups["deduction"])

        def report(chosen):
            figures.write_rows(s.folder / "r.csv", figures.REPORT_COLUMNS,
                               [row for leaf, row in zip(leaves, rows) if leaf in chosen])
            s.agent("A", "report", "--year", YEAR, "--file", s.folder / "r.csv")
            s.agent("A", "send")
            return s.office_caught_up()["rows"][0]

        row = report(groups["base"])
        self.assertEqual((number(row["points"]), number(row["max"])), (100, 100), row)
        row = report(groups["bonus"])
        cap = decimal.Decimal(re.search(r"cap=([\d.]+)", top(groups["bonus"][0].code)["params"]).group(1))
        got = min(cap, sum(leaf.max_points for leaf in groups["bonus"]))
        self.assertEqual((number(row["points"]), number(row["max"])), (100 + got, 100), row)
        row = report(groups["deduction"])
        less = decimal.Decimal(re.search(r"cap=([\d.]+)",
                                         top(groups["deduction"][0].code)["params"]).group(1))
        self.assertEqual(less, 20)
        self.assertEqual(number(row["points"]), 100 + got - less, row)
        s.office("rebuild", "--check")

    def test_department_maxima_of_99_55_are_refused_naming_both_figures(self):
        answer = self.stage.criteria(None, name="PHONG", group="department", check=False,
                                     path=self.real_set("phong"))
        self.assertEqual(answer.status, USAGE, str(answer))
        for lang, figure in (("en", "99.55"), ("vi", "99,55")):
            answer = self.stage.office("criteria", "import", self.real_set("phong"), "--set", "PHONG", "--year",
                                       YEAR, "--group", "department", check=False, lang=lang)
            self.assertIn(figure, answer.err)
            self.assertRegex(answer.err, r"\b100\b")

    def test_qd766_gives_the_points_the_portal_published(self):
        s = self.stage
        path = self.real_set("qd766")
        s.criteria(None, name="QD766", group="service", path=path)
        s.enrol("Q")
        # code, numerator, denominator, points: ratio × maximum; a target of 80 or 90 % gives full points.
        cases = (("CKMB.1", 47, 48, "5.88"), ("CKMB.2", 1, 1, "4"), ("TDGQ", 9512, 9984, "19.05"),
                 ("MDSH.3", 40, 100, "1"), ("MDSH.3", 85, 100, "2"), ("MDHL.1", 81, 100, "5.4"),
                 ("MDHL.1", 95, 100, "6"))
        for code, numerator, denominator, points in cases:
            with self.subTest(f"{code} {numerator}/{denominator}"):
                s.agent("Q", "report", "--year", YEAR, code, f"numerator={numerator}",
                        f"denominator={denominator}")
                s.agent("Q", "send")
                s.office_caught_up(group="service")
                shown = s.office("explain", "Q", code, "--year", YEAR, "--json").json()
                self.assertIn(number(points), points_in(shown), shown)
        # Nothing arose: full points, as the portal gives.
        s.agent("Q", "report", "--year", YEAR, "MDHL.2", "numerator=0", "denominator=0")
        s.agent("Q", "send")
        s.office_caught_up(group="service")
        shown = s.office("explain", "Q", "MDHL.2", "--year", YEAR, "--json").json()
        self.assertIn(number("6"), points_in(shown), shown)


def points_in(document):
    """Every figure under a key "points", wherever it stands."""
    found = []
    todo = [document]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            if isinstance(item.get("points"), str):
                found.append(number(item["points"]))
            todo += item.values()
        elif isinstance(item, list):
            todo += item
    return found


def best_row(leaf):
    """The answer that gives a leaf its maximum (of a deduction: the largest one)."""
    if leaf.method == "choice":
        keys = [pair.rsplit(":", 1) for pair in leaf.params.split("|")]
        return {"code": leaf.code, "choice": max(keys, key=lambda k: decimal.Decimal(k[1]))[0].strip()}
    if leaf.method == "points":
        return {"code": leaf.code, "value": str(leaf.max_points)}
    if leaf.method == "ratio":
        return {"code": leaf.code, "numerator": "10", "denominator": "10"}
    if leaf.method == "deduct":
        return {"code": leaf.code, "value": "0"}
    if leaf.method == "count":
        return {"code": leaf.code, "value": "100"}
    if leaf.method == "bands":
        pairs = [pair.rsplit(":", 1) for pair in leaf.params.split("|")]
        best = max(pairs, key=lambda p: decimal.Decimal(p[1]))[0].strip()
        limit = best.lstrip("<>=")
        step = {">": 1, "<": -1}.get(best.rstrip("0123456789.,"), 0)
        return {"code": leaf.code, "value": str(decimal.Decimal(limit or "0") + step)}
    raise unittest.SkipTest(f"{leaf.code}: no answer known for {leaf.method}")


if __name__ == "__main__":
    stage.main()
