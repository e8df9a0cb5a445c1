"""What must be true of a town after anything that may happen to its processes.

acknowledged: what a command or a receipt has told a person. Nothing of it may be missing from the log,
nothing may stand in it twice, and log and state must verify.
"""
import collections

EVENT_DAY = "2026-06-30"  # of all that the tests let the office say


def entries(stage):
    return stage.broker("log", "list", "--json").json()["entries"]


def numbers_without_gap(test, listed):
    """Each author's numbers in each epoch are 1, 2, 3 …, each once."""
    seen = collections.defaultdict(list)
    for entry in listed:
        if entry["author"] != "log":
            seen[entry["author"], entry["epoch"]].append(entry["seq"])
    for (author, epoch), numbers in seen.items():
        test.assertEqual(numbers, list(range(1, len(numbers) + 1)), f"{author}, epoch {epoch}")
    return {key: len(numbers) for key, numbers in seen.items()}


def receipts_hold(test, stage, listed, unit):
    """Each receipt a unit holds names the place where its statement stands. Returns how many."""
    places = {(e["author"], e["seq"]): e["index"] for e in listed if e["epoch"] == 1}
    kept = stage.agent(unit, "receipts", "--json").json()["receipts"]
    for receipt in kept:  # a receipt's number is its place in the log
        test.assertEqual(
            places.get((unit, receipt["seq"])), receipt["number"], f"{unit}: {receipt}"
        )
    return len(kept)


def whole(test, stage, units, acknowledged):
    """acknowledged: {unit: set of seq}. The office's service must be stopped or caught up."""
    listed = entries(stage)
    numbers_without_gap(test, listed)
    logged = collections.defaultdict(set)
    for entry in listed:
        logged[entry["author"]].add(entry["seq"])
    for unit in units:
        missing = acknowledged.get(unit, set()) - logged[unit]
        test.assertFalse(missing, f"{unit}: acknowledged and lost: {sorted(missing)}")
        receipts_hold(test, stage, listed, unit)
        status = stage.agent(unit, "status", "--json").json()
        test.assertEqual(status["alarms"], [], unit)
        test.assertEqual(status["outbox"], 0, unit)
    verified = stage.broker("log", "verify", check=False)
    test.assertEqual(verified.status, 0, str(verified))
    checked = stage.office("rebuild", "--check", check=False)
    test.assertEqual(checked.status, 0, str(checked))
    return listed


def one_verdict_each(test, stage, listed):
    """No statement of a unit was judged twice: the office's verdicts name each index and part once."""
    import par_messages

    judged = collections.Counter()
    for entry in listed:
        if entry["kind"] == par_messages.KIND_VERDICT:
            for verdict in par_messages.verdicts(stage, entry["index"]):
                judged[verdict.index, verdict.part] += 1
    twice = [index for index, count in judged.items() if count > 1]
    test.assertFalse(twice, f"judged twice: {twice}")
    return judged


def events_hold(test, stage, listed, acknowledged):
    """acknowledged: {code: index}, what the office's "event" has said. Each stands there, once in the
    log, and the state knows it: said again, nothing changes."""
    import par_messages

    logged = collections.defaultdict(list)
    for entry in listed:
        if entry["kind"] == par_messages.KIND_EVENT:
            for act in par_messages.acts(stage, entry["index"]):
                test.assertEqual(act.event.date, EVENT_DAY, str(entry))
                logged[act.event.code].append(entry["index"])
    twice = {code: indexes for code, indexes in logged.items() if len(indexes) > 1}
    test.assertFalse(twice, "an event stands twice")
    for code, index in acknowledged.items():
        test.assertEqual(logged.get(code), [index], f"event {code}: acknowledged and lost")
        again = stage.office("event", code, EVENT_DAY, "--json").json()
        test.assertFalse(again["changed"], f"event {code} is not in the state")
