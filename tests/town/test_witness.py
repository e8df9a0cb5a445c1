"""Goal: real programs gather cosignatures that other people's tools accept, the office counts them,
and what was gathered outlives the broker. Method: a small town; the note that the broker prints is
checked line by line by a twin written from C2SP's texts (signed-note, tlog-checkpoint,
tlog-cosignature), with PyNaCl.
"""
import base64
import hashlib
import shutil
import socket
import unittest

import nacl.signing
import stage
from nacl.exceptions import BadSignatureError

WARDS = ("P1", "P2", "P3")
DASH = "\u2014 "


class Malformed(Exception):
    pass


def key_of(vkey):
    """A verifier key: name, algorithm, key; its id must belong to it."""
    name, key_id, key = vkey.split("+", 2)
    raw = base64.b64decode(key, validate=True)
    if hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] != key_id or len(raw) != 33:
        raise Malformed(vkey)
    return name, raw[0], raw[1:]


def cosigners(note, log_vkey, vkeys):
    """The names of those whose cosignatures hold; raises if the log's own line does not."""
    text, empty, lines = note.partition("\n\n")
    if not empty or not lines.endswith("\n"):
        raise Malformed(note)
    text += "\n"
    keys = {}
    for vkey in (log_vkey, *vkeys):
        name, algorithm, key = key_of(vkey)
        keys[name, hashlib.sha256(f"{name}\n".encode() + bytes([algorithm]) + key).digest()[:4]] = (
            algorithm,
            nacl.signing.VerifyKey(key),
        )
    found = {1: set(), 4: set()}
    for line in lines.splitlines():
        name, _, value = line.removeprefix(DASH).rpartition(" ")
        raw = base64.b64decode(value, validate=True)
        if not line.startswith(DASH) or (name, raw[:4]) not in keys:
            continue
        algorithm, key = keys[name, raw[:4]]
        message = text
        if algorithm == 4:
            message = f"cosignature/v1\ntime {int.from_bytes(raw[4:12], 'big')}\n" + text
        try:
            key.verify(message.encode(), raw[12:] if algorithm == 4 else raw[4:])
            found[algorithm].add(name)
        except BadSignatureError:
            pass
    if len(found[1]) != 1:
        raise Malformed("the log's line does not hold")
    return found[4]


def head_of(note):
    """Size and root of a checkpoint."""
    return int(note.split("\n")[1]), note.split("\n")[2]


def accept_copy(folder):
    """A log that was copied takes nothing before its operator has said that it lacks nothing."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as control:
        control.bind("")
        control.settimeout(10)
        control.sendto(b"copy accept", str(folder / "control"))
        if control.recv(1024) != b"ok":
            raise AssertionError("the broker does not accept its copy")


class TwoFaces(unittest.TestCase):
    """A broker that keeps two logs under one key: one for the wards, one for the office."""

    def setUp(self):
        self.stage = stage.Stage()
        self.addCleanup(self.stage.close)

    def units(self, *codes):
        rows = [f"{code},{code},ward" for code in codes]
        text = "code,name,group,parent,valid_from,valid_to\n" + "".join(f"{r},,,\n" for r in rows)
        path = self.stage.write("more.csv", text)
        return self.stage.office("units", "import", path, "--timeout", 10, check=False)

    def test_the_second_honest_exchange_finds_them(self):
        s = self.stage
        broker, _ = s.centre(serve_office=False)
        s.units("P1,P1,ward")
        s.criteria(stage.SMALL_SET)
        s.enrol("P1")
        self.assertEqual(self.units("P1").status, stage.DONE)  # the office knows the whole log
        broker.stop()
        shutil.copytree(s.data("broker"), s.data("other"), ignore=shutil.ignore_patterns("control"))
        # Whoever keeps two logs gives his word that the copy lacks nothing.
        stage.programs.run("broker", "restore", "--accept", data=s.data("other"))

        # One log goes on with the ward's word, the other with the office's, to the same size.
        face = s.serve("broker", name="broker")
        s.agent("P1", "report", "--year", stage.YEAR, "1.1", "value=4")
        s.agent("P1", "send")
        ward_note = s.broker("log", "head").out
        face.stop()
        face = s.serve("broker", name="other")
        accept_copy(s.data("other"))
        self.assertEqual(self.units("P7").status, stage.DONE)
        office_note = stage.programs.run("broker", "log", "head", data=s.data("other")).out
        face.stop()
        self.assertEqual(head_of(ward_note)[0], head_of(office_note)[0])
        self.assertNotEqual(head_of(ward_note)[1], head_of(office_note)[1])
        self.assertEqual(s.office("alarms", "--json").json()["alarms"], [])

        # The office meets the log of the wards.
        face = s.serve("broker", name="broker")
        answer = self.units("P8")
        self.assertNotEqual(answer.status, stage.DONE)
        alarms = s.office("alarms", "--json").json()["alarms"]
        self.assertEqual(len(alarms), 1)
        for words in (("status",), ("witnesses",), ("alarms",)):
            said = s.office(*words).err
            self.assertIn("ALARM: ", said)
            self.assertIn(alarms[0]["text"], said)
        self.assertEqual(s.agent("P1", "status").err, "")

        # Both heads can be handed over, and whoever has the log's key can check them.
        evidence = s.office("alarms", "--export", alarms[0]["number"]).out
        first, second = (f"{stage.ORIGIN}\n{part}" for part in evidence.split(f"{stage.ORIGIN}\n")[1:])
        for note in (first, second):
            self.assertEqual(cosigners(note, s.made["log_vkey"], []), set())
        self.assertEqual(head_of(first), head_of(office_note))
        self.assertEqual(head_of(second), head_of(ward_note))

        # Told until somebody has read it; it stays, with what proves it.
        for words in (("2",), ("0",), ("x",)):
            self.assertNotEqual(s.office("alarms", "--read", *words, check=False).status, stage.DONE)
        self.assertIn("ALARM: ", s.office("status").err)
        self.assertIsNone(alarms[0]["read"])
        self.assertEqual(s.office("alarms", "--read", "all").err.count("ALARM: "), 1)
        self.assertEqual(s.office("status").err, "")
        self.assertIsNotNone(s.office("alarms", "--json").json()["alarms"][0]["read"])
        self.assertEqual(s.office("alarms", "--export", "1").out, evidence)


class Witnesses(unittest.TestCase):
    def setUp(self):
        self.stage = stage.Stage()
        self.addCleanup(self.stage.close)

    def restart_broker(self):
        self.broker.stop()
        self.broker = self.stage.serve("broker")

    def shown(self):
        result = self.stage.broker("log", "head", "--cosigned", "--json", check=False)
        return result.json() if result.status == stage.DONE else {"cosigned": 0, "size": 0}

    def wait_for(self, count, look, what):
        stage.programs.wait_until(lambda: look() == count, 120, what)

    def test_a_town_cosigns_and_others_can_check_it(self):
        s = self.stage
        self.broker, _ = s.centre()
        s.units(*(f"{ward},{ward},ward" for ward in WARDS))
        for ward in WARDS:
            s.enrol(ward)
        agents = {ward: s.serve("agent", name=ward) for ward in WARDS[:2]}
        self.assertEqual(len(agents), 2)
        self.restart_broker()  # the first head that is asked for is a witness head again

        # Two wards and the office of four parties: final, and the one that is off is missing.
        self.wait_for(3, lambda: self.shown()["cosigned"], "three cosignatures")
        head = self.shown()
        self.assertEqual((head["parties"], head["needed"], head["final"]), (4, 3, True))
        vkeys = [w["vkey"] for w in head["witnesses"]]
        expected = {f"{stage.ORIGIN}/{unit}" for unit in ("office", *WARDS[:2])}
        text = s.broker("log", "head", "--cosigned").out
        self.assertEqual(cosigners(text, s.made["log_vkey"], vkeys), expected)

        # The keys are those that the enrolments in the log published.
        published = {
            entry["author"]: entry["content"]["cosign_key"]
            for entry in (
                s.broker("log", "show", row["index"], "--json").json()
                for row in s.broker("log", "list", "--json").json()["entries"]
                if row["kind_name"] == "enrol"
            )
        }
        for vkey in vkeys:
            name, algorithm, key = key_of(vkey)
            self.assertEqual(algorithm, 4)
            self.assertEqual(base64.b64encode(key).decode(), published[name.rpartition("/")[2]])

        # The twin is no yes-man: a changed byte of text, time or signature, another's key.
        changed = text.replace(f"\n{head['size']}\n", f"\n{head['size'] + 1}\n")
        with self.assertRaises(Malformed):
            cosigners(changed, s.made["log_vkey"], vkeys)
        line = next(line for line in text.splitlines() if line.startswith(f"{DASH}{stage.ORIGIN}/P1 "))
        raw = bytearray(base64.b64decode(line.rpartition(" ")[2]))
        for at in (11, 12, 75):
            bad = bytearray(raw)
            bad[at] ^= 1
            other = line.rpartition(" ")[0] + " " + base64.b64encode(bytes(bad)).decode()
            held = cosigners(text.replace(line, other), s.made["log_vkey"], vkeys)
            self.assertEqual(held, expected - {f"{stage.ORIGIN}/P1"})

        # The office counts the same, and says who is missing.
        def office_counts():
            heads = s.office("witnesses", "--json").json()["heads"]
            return heads[0]["cosigned"] if heads else 0

        self.wait_for(3, office_counts, "the office's count")
        view = s.office("witnesses", "--json").json()
        self.assertEqual((view["parties"], view["needed"]), (4, 3))
        self.assertEqual((view["heads"][0]["size"], view["heads"][0]["final"]), (head["size"], True))
        missing = [unit["unit"] for unit in view["units"] if not unit["cosigned"]]
        self.assertEqual(missing, ["P3"])
        self.assertIn("P3", s.office("witnesses").out)
        status = s.office("status", "--json").json()["witnesses"]
        self.assertEqual((status["cosigned"], status["final_size"]), (3, head["size"]))

        # Who was off cosigns when it comes back; all of it outlives the broker.
        s.serve("agent", name="P3")
        self.wait_for(4, lambda: self.shown()["cosigned"], "the fourth")
        self.restart_broker()
        self.assertEqual(self.shown()["cosigned"], 4)
        for unit in WARDS:
            self.assertEqual(s.agent(unit, "status", "--json").json()["alarms"], [])
        self.an_export_has_them_all(self.shown(), expected | {f"{stage.ORIGIN}/P3"})

    def an_export_has_them_all(self, head, names):
        s = self.stage
        export = s.data("export")
        s.broker("log", "export", export)
        vkeys = (export / "vkeys").read_text().splitlines()
        self.assertEqual(vkeys[0], s.made["log_vkey"])
        self.assertEqual({key_of(vkey)[0] for vkey in vkeys[1:]}, names)
        note = (export / "cosigned").read_text()
        self.assertEqual(head_of(note)[0], head["size"])
        self.assertEqual(cosigners(note, vkeys[0], vkeys[1:]), names)
        members = {key_of(vkey)[0].rpartition("/")[2]: vkey for vkey in vkeys[1:]}
        lines = (export / "policy").read_text().splitlines()
        self.assertEqual(lines[0], f"log {vkeys[0]}")
        self.assertEqual(sorted(lines[1:-2]), sorted(f"witness {m} {v}" for m, v in members.items()))
        self.assertEqual(lines[-2].split()[:3], ["group", "parties", str(head["needed"])])
        self.assertEqual(sorted(lines[-2].split()[3:]), sorted(members))
        self.assertEqual(lines[-1], "quorum parties")
        s.broker("log", "verify", "--export", export, "--vkey", vkeys[0])
        # A party that is revoked counts no longer, and what it has cosigned neither: a thief of its
        # key may have.
        s.broker("revoke", "P3", "--reason", "test")
        shown = self.shown()
        self.assertEqual((shown["cosigned"], shown["parties"], shown["needed"]), (3, 3, 2))
        self.assertNotIn("P3", [w["party"] for w in shown["witnesses"]])
        s.broker("log", "export", export)
        for file in ("vkeys", "policy", "cosigned"):
            self.assertNotIn(f"{stage.ORIGIN}/P3", (export / file).read_text())
        verified = s.broker("log", "verify", "--export", export, "--vkey", vkeys[0], "--json").json()
        self.assertEqual(
            verified["cosigned"],
            {"size": head["size"], "cosigned": 3, "parties": 3, "needed": 2, "final": True},
        )

        # A revoked unit is no witness any more, of no head.
        size = self.shown()["size"]
        s.office("revoke", "P3", "--reason", "mất máy")
        self.wait_for(3, lambda: s.office("witnesses", "--json").json()["parties"], "without P3")
        view = s.office("witnesses", "--json").json()
        self.assertNotIn("P3", [unit["unit"] for unit in view["units"]])
        self.assertEqual([h["cosigned"] for h in view["heads"] if h["size"] == size], [3])


if __name__ == "__main__":
    stage.main()
