"""What hostile peers do to a broker, each in a process of its own: `python3 hostile.py NAME JSON`, until
it is ended. JSON: port, server key, secrets of enrolled keys, statement and signature of the first's own.
"""
import contextlib
import itertools
import json
import os
import random
import resource
import socket
import struct
import sys
import time

import client
import zmtp

queue = client.queue
MALFORMED = int(os.environ.get("NGANAM_HOSTILE_FRAMES", 100000))
HALF_OPEN = 1000
MANY_LINES = 5000


class Peer:
    def __init__(self, given, tells=False):
        self.port = given["port"]
        self.server_key = bytes.fromhex(given["server_key"])
        self.secrets = itertools.cycle(map(bytes.fromhex, given["secrets"]))
        self.signed = queue.Signed(
            statement=bytes.fromhex(given["statement"]), signature=bytes.fromhex(given["signature"])
        )
        self.rng = random.Random(given["seed"])
        self.has_begun = not tells
        self.sent = 0

    def begun(self):
        """Says once that the first connection is there."""
        if not self.has_begun:
            print("begun", flush=True)
        self.has_begun = True

    def raw(self, **options):
        raw = zmtp.Raw(self.port, self.server_key, next(self.secrets), **options)
        self.begun()
        return raw

    def greeted(self, **options):
        raw = self.raw(**options)
        raw.send(request(1, hello=queue.Hello(protocol=client.PROTOCOL)))
        raw.receive()
        return raw


def request(number, **body):
    return queue.ToBroker(id=number, **body).SerializeToString()


def again_and_again(attack):
    """An attacker that is thrown out comes back at once."""

    def forever(peer):
        while True:
            with contextlib.suppress(zmtp.Closed, OSError):
                attack(peer)

    return forever


@again_and_again
def endless_message(peer):
    raw = peer.raw()
    part = os.urandom(60000)
    while True:
        raw.send(part, more=True)


@again_and_again
def endless_small_parts(peer):
    raw = peer.raw()
    while True:
        raw.write(b"".join(raw.message(b"x", more=True) for _ in range(200)))


def half_open(peer):
    """As many connections as one can have, each stopped at another step of the handshake."""
    held = []
    for number in itertools.count():
        if len(held) >= HALF_OPEN:
            held.pop(0).close()
        with contextlib.suppress(zmtp.Closed, OSError):
            held.append(peer.raw(steps=number % 4))
        if number >= HALF_OPEN:
            time.sleep(0.002)  # the door is kept full, the machine is not


@again_and_again
def garbage(peer):
    with socket.create_connection(("127.0.0.1", peer.port), 5) as line:
        peer.begun()
        start = zmtp.GREETING[: peer.rng.randrange(65)]
        line.sendall(start + peer.rng.randbytes(peer.rng.randrange(1, 20000)))


@again_and_again
def malformed(peer):
    """Frames of every length that are no message of ours, from enrolled peers that read on. Above a
    key's quota its connection is closed; the next one comes."""
    raw = peer.raw()
    while True:
        batch = [peer.rng.randbytes(peer.rng.randrange(1, 300)) for _ in range(100)]
        raw.write(b"".join(raw.message(data) for data in batch))
        raw.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while raw.socket.recv(1 << 20):
                pass
        raw.socket.settimeout(zmtp.SECONDS)
        before, peer.sent = peer.sent, peer.sent + len(batch)
        if before < MALFORMED <= peer.sent:
            print(f"sent {peer.sent}", flush=True)


@again_and_again
def slow_reader(peer):
    """Asks for its whole inbox again and again and never reads."""
    lines = [peer.greeted() for _ in range(20)]
    fetch = queue.Fetch(scope=queue.INBOX, from_index=0)
    for number in itertools.count(2):
        for raw in lines:
            raw.send(request(number, fetch=fetch))


@again_and_again
def no_credit(peer):
    """Sends what is in the log already without end, and takes neither credit nor receipts."""
    raw = peer.greeted()
    submit = queue.Submit(statements=[peer.signed] * 16)
    for number in itertools.count(2):
        raw.send(request(number, submit=submit))


def stolen_names(peer):
    """Connects under other parties' names as routing ids, and waits there."""
    held = []
    names = (b"H", b"office", b"log", b"\0\0\0\0\1", b"x" * 255)
    for name in names:
        with contextlib.suppress(zmtp.Closed):
            held.append(peer.greeted(identity=name))
    print(f"sent {len(held)}", flush=True)
    while True:
        for raw in held:
            with contextlib.suppress(zmtp.Closed):
                raw.send(request(3, fetch=queue.Fetch(scope=queue.INBOX, from_index=0)))
        time.sleep(0.5)


def many_small(peer):
    """Each connection stays just below what a party that keeps the protocol may have on its way, and
    stays until it is thrown out: a quick machine must not free the oldest before the broker does.
    """
    held = []
    part = bytes(60000)
    while True:
        with contextlib.suppress(zmtp.Closed, OSError):
            raw = peer.raw()
            for _ in range(8):
                raw.send(part, more=True)
            held.append(raw)
        if len(held) == HALF_OPEN:
            oldest = held.pop(0)
            with contextlib.suppress(zmtp.Closed, OSError):
                oldest.receive()
            oldest.close()


def silent(peer):
    """Connects again and again, says nothing, and keeps every connection."""
    held = []
    while True:
        with contextlib.suppress(zmtp.Closed, OSError):
            held.append(peer.raw())
        if len(held) == MANY_LINES:
            held.pop(0).close()


def greeters(peer):
    """Says Hello on each, and keeps every connection."""
    held = []
    while True:
        with contextlib.suppress(zmtp.Closed, OSError):
            held.append(peer.greeted())
        if len(held) == MANY_LINES:
            held.pop(0).close()


ATTACKS = {
    name: attack
    for name, attack in (
        ("endless_message", endless_message),
        ("endless_small_parts", endless_small_parts),
        ("half_open", half_open),
        ("garbage", garbage),
        ("malformed", malformed),
        ("slow_reader", slow_reader),
        ("no_credit", no_credit),
        ("stolen_names", stolen_names),
        ("many_small", many_small),
        ("silent", silent),
        ("greeters", greeters),
    )
}

if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    ATTACKS[sys.argv[1]](Peer(json.loads(sys.argv[2]), tells=True))
