"""Goal: who sits on the line, or has old frames, or another key, or another mechanism, brings nothing into the
log and reads nothing; a clock that was set is not written; one party's flood is its own loss.
Method: real programs, client.py, a relay that changes bytes (meddler.py), frames kept and sent again, and
ZMTP by hand. What the log holds afterwards is compared with what was sent. NGANAM_CYCLES: changed
connections, and a hundredth of the frames that are sent again (campaign: 100,000).
"""
import contextlib
import fcntl
import os
import random
import socket
import threading
import time

import client
import meddler
import nacl.bindings
import stage
import zmq
import zmtp
from leap import FORM, Leap
from stage import PEER, programs
from zmq.utils import z85

ROUNDS = int(os.environ.get("NGANAM_CYCLES", 24))
FRAMES = 100 * ROUNDS
YEAR_S = 365 * 86400
CLOCK, QUOTA, REVOKED, LOG = 3, 6, 20, 42
queue = client.queue


class WireTest(stage.TownTest):
    serve = ()

    @classmethod
    def setUpStage(cls):
        cls.rng = random.Random(stage.seed())
        s = cls.stage
        s.init_broker()
        cls.start_broker()
        s.office("init", s.made["office_slip"])
        office = s.serve("office")
        s.units("A,Phường A,ward", "B,Phường B,ward", "C,Phường C,ward")
        cls.slips = {unit: cls.slip(unit) for unit in ("A", "B", "C")}
        cls.slips["T"] = cls.slip("T", "--role", "auditor")
        office.stop()  # from here on only what a test sends can come into the log
        s.services.remove(office)

    @classmethod
    def start_broker(cls):
        cls.broker = cls.stage.serve("broker", *cls.serve)

    @classmethod
    def slip(cls, unit, *more):
        return client.Slip(cls.stage.office("invite", unit, "--json", *more).json()["slip"])

    def line(self, unit, timeout_ms=10000):
        made = client.Client(self.slips[unit], timeout_ms=timeout_ms)
        self.addCleanup(lambda: made.socket.close(0))
        made.enrol()
        return made

    def head(self):
        head = self.stage.broker("log", "head", "--json").json()
        return head["size"], head["root"]

    def status(self):
        return self.stage.broker("status", "--json").json()

    def leaves(self, auditor):
        """When each was received, in ms, and its statement: the whole log, by an auditor's own line."""
        found, at = [], 0
        while at < auditor.size or not found:
            answer = auditor.ask(fetch=queue.Fetch(scope=queue.LOG, from_index=at)).entries
            found += [
                (client.LEAF.unpack(leaf[: client.LEAF.size])[2], leaf[client.LEAF.size : -64])
                for leaf in (entry.leaf for entry in answer.entries)
            ]
            at = answer.next_index
            if not answer.entries:
                return found
        return found


def submit_of(statement, signature):
    signed = queue.Signed(statement=statement, signature=signature)
    return queue.ToBroker(id=1, submit=queue.Submit(statements=[signed])).SerializeToString()


class Replay(WireTest):
    serve = ("--rate-max", "0", "--bytes-max", "0")  # so that nothing else is in the way

    def pour(self, lines, frames, judge):
        """Sends so many frames drawn from these over the lines, four on their way on each."""
        for at in range(0, FRAMES, 4 * len(lines)):
            for line in lines:
                drawn = [self.rng.choice(frames) for _ in range(4)]
                for frame, _ in drawn:
                    line.socket.send(frame)
                for _, expected in drawn:
                    judge(queue.FromBroker.FromString(line.raw()), expected)

    def test_old_frames_change_nothing(self):
        a, b = self.line("A"), self.line("B")
        frames = []
        for number in range(20):
            signed = a.author(client.KIND_REPORT, b"old %d" % number)
            frames.append((submit_of(*signed), a.submit(*signed)))
        before, counts = self.head(), self.status()["counts"]

        def judge(answer, index):
            self.assertEqual(answer.submitted.answers[0].accepted.index, index)

        self.pour((a, b), frames, judge)  # on its own line, and on that of somebody else
        after = self.status()["counts"]
        self.assertEqual(self.head(), before)
        self.assertEqual(after["accepted"], counts["accepted"])
        self.assertGreaterEqual(after["duplicates"] - counts["duplicates"], FRAMES)

    def test_frames_of_another_log_change_nothing(self):
        c = self.line("C")
        before = self.head()
        other = client.Client(self.slips["C"])
        other.__dict__.update({k: v for k, v in c.__dict__.items() if k not in ("socket", "ids")})
        other.log_id = client.sha256(b"another.example/log")[:16]
        # All of them would be next, or next but some, and are rightly signed by this party's key.
        frames = [(submit_of(*other.author(client.KIND_REPORT, b"x")), 0) for _ in range(20)]

        def judge(answer, _):
            self.assertEqual(answer.submitted.answers[0].refused.code, LOG)

        self.pour((c,), frames, judge)
        self.assertEqual(self.head(), before)
        c.submit(*c.author(client.KIND_REPORT, b"and its own goes on"))

    def test_the_bytes_of_a_line_are_good_for_nothing_on_another(self):
        """What was recorded of a connection, handshake and all, is sent again as it was."""
        a = client.Client(self.slip_again("A"))
        line = meddler.Meddler(self.stage.port, self.rng)
        self.addCleanup(line.stop)
        a.slip.endpoint = f"tcp://127.0.0.1:{line.port}"
        a.enrol()
        a.submit(*a.author(client.KIND_REPORT, b"once"))
        a.socket.close(0)
        before, counts = self.head(), self.status()["counts"]
        for said in line.up * 10:
            with contextlib.closing(socket.socket()) as raw:
                raw.connect(("127.0.0.1", self.stage.port))
                with contextlib.suppress(OSError):
                    raw.sendall(said)
                    raw.settimeout(0.1)
                    while raw.recv(65536):
                        pass
        after = self.status()["counts"]
        self.assertEqual(self.head(), before)
        self.assertEqual(
            (after["requests"], after["admitted"]), (counts["requests"], counts["admitted"])
        )

    def slip_again(self, unit):
        """Without the office's service the command speaks to the broker itself."""
        return self.slip(unit)


class Meddled(WireTest):
    """flip, cut, repeat, reorder: the line may end, and then all is sent again; nothing else comes of it."""

    def test_nothing_that_was_not_sent_is_accepted_and_nothing_is_read(self):
        line = meddler.Meddler(self.stage.port, self.rng)
        self.addCleanup(line.stop)
        a, auditor = self.line("A"), self.line("T")
        a.slip.endpoint = f"tcp://127.0.0.1:{line.port}"
        a.timeout_ms = 300
        start = self.status()["counts"]["requests"]
        secret = self.rng.randbytes(16).hex().encode()
        sent, asked = [], 0
        for number in range(ROUNDS):
            signed = a.author(client.KIND_REPORT, b"%s %d" % (secret, number))
            sent.append(signed[0])
            upward = self.rng.random() < 0.6
            # A handshake is some 700 bytes up and 300 down; then Hello, Submit and their answers.
            line.plan(meddler.MODES[number % 4], upward, self.rng.randrange(1300 if upward else 1000))
            for _ in range(20):
                # A Lie would be an answer that was changed and got through: it is not caught.
                with contextlib.suppress(zmq.ZMQError):
                    asked += 2
                    a.connect(a.curve)
                    a.submit(*signed)
                    break
                line.plan(None)
            else:
                self.fail("the line is whole again and it does not get through")
        self.assertGreater(line.done, ROUNDS // 4, "hardly anything was changed")
        a.socket.close(0)
        requests = self.status()["counts"]["requests"] - start
        self.assertLessEqual(requests, asked, "a request came in twice")
        logged = [statement for _, statement in self.leaves(auditor) if secret in statement]
        self.assertEqual(logged, sent)
        wire = line.seen()
        self.assertGreater(len(wire), ROUNDS * 1000)
        for plain in (secret, a.slip.origin.encode(), sent[0][:16], sent[0][80:120]):
            self.assertNotIn(plain, wire, "a report can be read on the line")
        print(f"{line.done} of {ROUNDS} connections changed, {asked} asked, {requests} came")


class Control(stage.unittest.TestCase):
    def test_without_curve_the_line_shows_and_changes_what_is_sent(self):
        context, secret = zmq.Context.instance(), b"a figure nobody may see"
        with (
            contextlib.closing(context.socket(zmq.ROUTER)) as far,
            contextlib.closing(context.socket(zmq.DEALER)) as near,
        ):
            far.linger = near.linger = 0
            far.rcvtimeo = 5000
            line = meddler.Meddler(far.bind_to_random_port("tcp://127.0.0.1"), random.Random(1))
            self.addCleanup(line.stop)
            near.connect(f"tcp://127.0.0.1:{line.port}")
            near.send(b"0")
            far.recv_multipart()
            line.plan("flip", True, len(line.up[0]) + 10)
            near.send(secret * 2)
            received = far.recv_multipart()[1]
        self.assertIn(secret, line.seen())
        self.assertEqual((line.done, len(received)), (1, len(secret) * 2))
        self.assertNotEqual(received, secret * 2)


class Doors(WireTest):
    """Another server key, other mechanisms, and an admission that does not answer."""

    @classmethod
    def start_broker(cls):
        """Its words go to a pipe: who does not read it can stop the loop, and only that."""
        cls.words, write = os.pipe()
        fcntl.fcntl(cls.words, fcntl.F_SETFL, os.O_NONBLOCK)
        cls.write = write
        cls.broker = Loop(cls.stage, write)
        cls.stage.services.append(cls.broker)

    def counts(self):
        counts = self.status()["counts"]
        return counts["requests"], counts["admitted"]

    def silent(self, dealer):
        """A Hello on this socket has no answer."""
        dealer.linger, dealer.rcvtimeo, dealer.sndtimeo = 0, 700, 700
        dealer.connect(self.stage.endpoint)
        hello = queue.ToBroker(id=1, hello=queue.Hello(protocol=1)).SerializeToString()
        with contextlib.closing(dealer), self.assertRaises(zmq.ZMQError):
            dealer.send(hello)
            dealer.recv()

    def test_other_mechanisms_and_other_server_keys_get_no_answer(self):
        a = self.line("A")
        before = self.counts()
        context = zmq.Context.instance()
        self.silent(context.socket(zmq.DEALER))  # NULL
        plain = context.socket(zmq.DEALER)
        plain.plain_username, plain.plain_password = b"A/1", b"x"
        self.silent(plain)
        wrong = context.socket(zmq.DEALER)
        wrong.curve_serverkey = z85.encode(
            nacl.bindings.crypto_scalarmult_base(nacl.bindings.randombytes(32))
        )
        wrong.curve_secretkey = z85.encode(a.curve)
        wrong.curve_publickey = z85.encode(nacl.bindings.crypto_scalarmult_base(a.curve))
        self.silent(wrong)
        for name in (b"NULL", b"PLAIN", b"GSSAPI", b"CURVEX", b""):
            raw = zmtp.Raw(self.stage.port, a.slip.broker_curve, a.curve, steps=0)
            raw.write(zmtp.GREETING[:12] + name.ljust(20, b"\0") + bytes(32))
            raw.write(raw.frame(b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER", zmtp.COMMAND))
            raw.socket.settimeout(3)
            with contextlib.suppress(OSError):
                answer = b""
                while piece := raw.socket.recv(4096):
                    answer += piece
                self.assertLessEqual(len(answer), 64, "more than a greeting")
            raw.close()
        self.assertEqual(self.counts(), before)
        a.submit(*a.author(client.KIND_REPORT, b"the right one is served"))

    def test_a_party_says_nothing_to_a_server_that_has_another_key(self):
        """Whoever takes over the address: with a key of his own, or without any."""
        s = self.stage
        s.agent("C", "enrol", s.office("invite", "C", "--json").json()["slip"])
        for mechanism in ("CURVE", "NULL"):
            came, heard = self.take_over(mechanism)
            self.assertTrue(came, "the agent did not try")
            self.assertEqual(heard, [], mechanism)

    def take_over(self, mechanism):
        s = self.stage
        false = zmq.Context.instance().socket(zmq.ROUTER)
        false.linger = 0
        watch = false.get_monitor_socket(zmq.EVENT_ACCEPTED)
        if mechanism == "CURVE":
            public, secret = zmq.curve_keypair()
            false.curve_server, false.curve_publickey, false.curve_secretkey = True, public, secret
        s.services.remove(self.broker)
        self.broker.stop()
        try:
            false.bind(s.endpoint)
            s.agent("C", "report", "--year", stage.YEAR, "1.1", "value=1", check=False)
            answer = s.agent("C", "send", "--timeout", 3, check=False)
            self.assertNotEqual(answer.status, stage.DONE, str(answer))
            heard = []
            with contextlib.suppress(zmq.Again):
                while True:
                    heard.append(false.recv_multipart(zmq.NOBLOCK))
            came = watch.poll(0) != 0
        finally:
            false.disable_monitor()
            watch.close(0)
            false.close(0)
            programs.wait_until(
                lambda: programs.free_port(s.port) == s.port, 10, "the address is free"
            )
            self.start_broker()
        return came, heard

    def test_an_admission_that_does_not_answer_admits_nobody(self):
        b = self.line("B")
        before = self.counts()
        # The loop hangs on its next word; the library's own threads go on with handshakes.
        os.set_blocking(self.write, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(self.write, b"x")
        os.set_blocking(self.write, True)
        answer = self.stage.broker("clock", "accept", check=False)
        self.assertEqual(answer.status, PEER, str(answer))
        raw = {}

        def shake_hands():
            raw["line"] = zmtp.Raw(self.stage.port, b.slip.broker_curve, b.curve)

        thread = threading.Thread(target=shake_hands, daemon=True)
        thread.start()
        half = zmtp.Raw(self.stage.port, b.slip.broker_curve, b.curve, steps=3)
        half._take(64)
        self.assertEqual(half._take_frame()[:8], b"\x07WELCOME", "the handshakes stand still too")
        half.close()
        thread.join(2)
        self.assertTrue(thread.is_alive(), "somebody was admitted by nobody")
        with contextlib.suppress(BlockingIOError):
            while True:
                os.read(self.words, 65536)
        thread.join(zmtp.SECONDS)
        self.assertIn("line", raw, "the right key is not admitted when the loop goes on")
        raw["line"].close()
        self.assertEqual(self.counts()[1], before[1] + 1)

    def test_without_an_admission_the_library_would_admit(self):
        """The control of the last one: nobody looks after this socket, and the handshake ends well."""
        public, secret = zmq.curve_keypair()
        with contextlib.closing(zmq.Context.instance().socket(zmq.ROUTER)) as careless:
            careless.linger, careless.curve_server = 0, True
            careless.curve_publickey, careless.curve_secretkey = public, secret
            port = careless.bind_to_random_port("tcp://127.0.0.1")
            zmtp.Raw(port, z85.decode(public), nacl.bindings.randombytes(32)).close()


class Loop(programs.Service):
    """A broker whose words go to this descriptor."""

    def __init__(self, where, write):
        self.write = write
        super().__init__(
            "broker", "serve", *stage.at_once("broker"), data=where.data("broker"),
            log=f"/proc/self/fd/{write}"
        )


class Clock(WireTest):
    @classmethod
    def start_broker(cls):
        cls.leap = Leap.__new__(Leap)
        cls.leap.path = cls.stage.folder / "calendar"
        cls.leap.library = programs.bin_folder().parent / "lib" / "town_leap.so"
        cls.set_clock(0)
        cls.broker = cls.stage.serve("broker", env=cls.leap.environment())

    @classmethod
    def set_clock(cls, ahead_s):
        """The wall clock alone: leap.c takes the second number off the boot clock again."""
        with open(cls.leap.path, "r+b" if cls.leap.path.exists() else "wb") as stream:
            stream.write(FORM.pack(ahead_s, ahead_s))

    def refusal(self, who, signed):
        with self.assertRaisesRegex(RuntimeError, r"refused \d+:") as caught:
            who.submit(*signed)
        return int(str(caught.exception).split()[1].rstrip(":"))

    def test_a_year_back_and_forth(self):
        s = self.stage
        a, auditor = self.line("A"), self.line("T")
        a.submit(*a.author(client.KIND_REPORT, b"before"))
        for ahead in (YEAR_S, -YEAR_S, YEAR_S, -YEAR_S):
            self.set_clock(ahead)
            signed, before = a.author(client.KIND_REPORT, b"%d" % ahead), self.head()
            for _ in range(3):
                self.assertEqual(self.refusal(a, signed), CLOCK)
            self.assertEqual(self.head(), before)
            self.assertAlmostEqual(self.status()["clock_off_ms"] / 1000, ahead, delta=5)
            self.set_clock(0)  # right again: no word is needed
            a.submit(*signed)
        # On the operator's word it is taken as it is; what was received never comes before what was.
        for ahead in (-YEAR_S, YEAR_S, 0):
            self.set_clock(ahead)
            signed = a.author(client.KIND_REPORT, b"accepted %d" % ahead)
            self.assertEqual(self.refusal(a, signed), CLOCK)
            s.broker("clock", "accept")
            a.submit(*signed)
        # Started again, the log's last entry lies a year ahead of the clock: the same.
        self.broker.stop()
        s.services.remove(self.broker)
        type(self).broker = s.serve("broker", env=self.leap.environment())
        a.connect(a.curve)
        signed = a.author(client.KIND_REPORT, b"after a start")
        self.assertEqual(self.refusal(a, signed), CLOCK)
        s.broker("clock", "accept")
        a.submit(*signed)
        auditor.connect(auditor.curve)
        times = [received_at for received_at, _ in self.leaves(auditor)]
        self.assertEqual(len(times), self.head()[0])
        self.assertEqual(times, sorted(times))
        self.assertGreater(times[-1] - times[0], (YEAR_S - 60) * 1000)
        self.assertEqual(s.broker("log", "verify", check=False).status, stage.DONE)


class Limits(WireTest):
    serve = ("--rate-max", "1")

    def test_what_one_party_sends_too_much_is_its_own_loss_and_is_shown(self):
        s = self.stage
        a, b, more = self.line("A"), self.line("B"), []
        self.addCleanup(lambda: [one.socket.close(0) for one in more])
        signed = a.author(client.KIND_REPORT, b"again and again")
        a.submit(*signed)
        batch = queue.Submit(
            statements=[queue.Signed(statement=signed[0], signature=signed[1])] * 48
        )
        began, codes = time.monotonic(), []
        while not codes or codes[-1] != QUOTA:
            answer = a.ask(submit=batch).submitted.answers[0]
            codes.append(answer.refused.code)
            self.assertLess(len(codes), 40)
        self.assertEqual(len(codes) - 1, (1000 - 1 + int(time.monotonic() - began)) // 48)
        b.submit(*b.author(client.KIND_REPORT, b"is not concerned"))
        # This one and fifteen others; for the next the silent one goes, which is not the eldest.
        for number in range(16):
            if number == 14:
                a.ask(prove=queue.Prove(inclusion=queue.Inclusion(index=0, size=1)))
            one = client.Client(a.slip, timeout_ms=10000)
            one.__dict__.update({k: v for k, v in a.__dict__.items() if k not in ("socket", "ids")})
            one.connect(a.curve)
            more.append(one)
        more[0].socket.sndtimeo = more[0].socket.rcvtimeo = 2000
        with self.assertRaises(zmq.ZMQError):  # its connection is closed
            more[0].fetch()
        a.fetch()
        # Unknown at the door.
        stranger = client.Client(a.slip, timeout_ms=700)
        with self.assertRaises(zmq.ZMQError):
            stranger.connect(stranger.curve)
        stranger.socket.close(0)
        s.broker("revoke", "A", "--reason", "flood")
        with self.assertRaisesRegex(RuntimeError, f"refused {REVOKED}:"):
            b.submit(*a.author(client.KIND_REPORT, b"x"))
        status = self.status()
        self.assertEqual(status["refusals"], {"quota": 48, "revoked": 1})
        self.assertEqual(status["counts"]["crowded_out"], 1)
        self.assertGreaterEqual(status["counts"]["denied"], 1)
        self.assertEqual(
            status["most_refused"],
            [{"key": "A/1", "refused": 48}, {"key": "B/1", "refused": 1}],
        )
        self.assertEqual(status["entries"], self.head()[0])
        self.assertEqual((status["read_only"], status["hold"], status["disk_full"]), (None, None, False))
        page = s.broker("status").out
        for word in ("quota", "revoked", "denied", "crowded_out"):
            self.assertIn(word, page)
        self.broker.stop()
        s.services.remove(self.broker)
        self.refused(s.broker("status", check=False), PEER, "no broker")
        for wrong in ("x", "-1", "1000001", ""):
            answer = s.broker("serve", "--bytes-max", wrong, check=False)
            self.refused(answer, stage.USAGE, "--bytes-max")
        words = (s.folder / "broker.log").read_text("utf-8")
        for word in ("quota=48", "revoked=1", "crowded_out=1", "denied="):
            self.assertIn(word, words)


if __name__ == "__main__":
    stage.main()
