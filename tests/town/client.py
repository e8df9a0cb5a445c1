"""A client of the nganam protocol, written from proto/PROTOCOL.md alone (section numbers in brackets).

It enrols with a slip, reports, and believes nothing that is not proved: every tree head must be signed
and extend the last one, every receipt and inbox leaf must lie in the tree. Keys stay in memory: a real
client stores them, its statements and its receipts before it sends anything [3, 6].
"""
import base64
import hashlib
import itertools
import struct
import time

import nacl.bindings
import nacl.signing
import zmq
from nacl.exceptions import BadSignatureError
from zmq.utils import z85

import par_messages

queue = par_messages.load("queue")
PROTOCOL, KIND_ENROL, KIND_REPORT = 1, 3, 16


class Lie(Exception):
    """The broker sent something that its proofs do not bear out."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def check(holds, what):
    if not holds:
        raise Lie(what)


# ---- The tree [3]: RFC 9162 2.1.3.2 and 2.1.4.2 ----


def leaf_hash(leaf):
    return sha256(b"\0", leaf)


def node(left, right):
    return sha256(b"\1", left, right)


def hashes(joined):
    check(len(joined) % 32 == 0, "a proof is whole hashes")
    return [joined[at : at + 32] for at in range(0, len(joined), 32)]


def inclusion(index, size, hashed, proof, root):
    check(index < size, "the leaf lies beyond the tree")
    first, last, result = index, size - 1, hashed
    for one in proof:
        check(last != 0, "the inclusion proof is too long")
        if first & 1 or first == last:
            result = node(one, result)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            result = node(result, one)
        first, last = first >> 1, last >> 1
    check(last == 0 and result == root, "the inclusion proof does not hold")


def consistency(old_size, old_root, size, root, proof):
    if old_size in (0, size):
        check(not proof and (old_size == 0 or old_root == root), "two heads of one size")
        return
    check(old_size < size and proof, "the log has become smaller, or nothing proves that it grew")
    if old_size & (old_size - 1) == 0:
        proof = [old_root, *proof]
    first, last = old_size - 1, size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old = new = proof[0]
    for one in proof[1:]:
        check(last != 0, "the consistency proof is too long")
        if first & 1 or first == last:
            old, new = node(one, old), node(one, new)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            new = node(new, one)
        first, last = first >> 1, last >> 1
    check(last == 0 and old == old_root and new == root, "the consistency proof does not hold")


class Slip:
    """[6]: what a slip says, and the two key pairs of its one-time code."""

    def __init__(self, text):
        text = text.strip()
        check(text.startswith("nganam1:"), "no slip")
        body = text[8:]
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        check(sha256(b"nganam1:", raw[:-4])[:4] == raw[-4:], "the slip is damaged")
        self.party, raw = raw[1 : 1 + raw[0]].decode(), raw[1 + raw[0] :]
        self.endpoint, raw = raw[1 : 1 + raw[0]].decode(), raw[1 + raw[0] :]
        self.origin, raw = raw[1 : 1 + raw[0]].decode(), raw[1 + raw[0] :]
        self.broker_curve, self.log_key, self.code = raw[:32], raw[32:64], raw[64:77]
        self.sign = nacl.signing.SigningKey(self._derive(b"nganam/invite/ed"))
        self.curve = self._derive(b"nganam/invite/cv")

    def _derive(self, purpose):
        return hashlib.blake2b(self.code, digest_size=32, key=purpose).digest()


class Client:
    def __init__(self, slip, timeout_ms=40000):
        self.slip, self.timeout_ms = slip, timeout_ms
        self.log_id = sha256(slip.origin.encode())[:16]
        self.sign = nacl.signing.SigningKey.generate()
        self.curve = nacl.bindings.randombytes(32)
        self.size, self.root, self.note = 0, sha256(), ""
        self.epoch, self.seq, self.prev, self.next_index = 0, 0, bytes(32), 0
        self.receipts = {}
        self.ids = itertools.count(1)
        self.socket = None

    def connect(self, curve):
        """[2, 4]: a new connection always begins with Hello."""
        if self.socket is not None:
            self.socket.close(0)
        s = self.socket = zmq.Context.instance().socket(zmq.DEALER)
        s.linger, s.reconnect_ivl, s.rcvtimeo = 0, -1, self.timeout_ms
        s.curve_serverkey = z85.encode(self.slip.broker_curve)
        s.curve_secretkey = z85.encode(curve)
        s.curve_publickey = z85.encode(nacl.bindings.crypto_scalarmult_base(curve))
        s.connect(self.slip.endpoint)
        return self.ask(hello=queue.Hello(protocol=PROTOCOL, head=self.note)).welcome

    def ask(self, **body):
        request = queue.ToBroker(id=next(self.ids), **body)
        self.socket.send(request.SerializeToString())
        while True:
            answer = queue.FromBroker.FromString(self.socket.recv())
            if answer.id == request.id:
                break
        if answer.WhichOneof("body") == "error":
            raise RuntimeError(f"error {answer.error.code}: {answer.error.text}")
        self.take_head(answer.head)
        return answer

    def take_head(self, head):
        """[3, 4]: signed by the log, and an extension of the newest head."""
        text, _, signatures = head.note.partition("\n\n")
        text += "\n"
        origin, size, root = text.split("\n")[:3]
        key_id = sha256(self.slip.origin.encode(), b"\n\1", self.slip.log_key)[:4]
        signed = False
        for line in signatures.splitlines():
            name, _, value = line.removeprefix("\u2014 ").rpartition(" ")
            raw = base64.b64decode(value)
            if name == self.slip.origin and raw[:4] == key_id:
                try:
                    nacl.signing.VerifyKey(self.slip.log_key).verify(text.encode(), raw[4:])
                    signed = True
                except BadSignatureError:
                    pass
        check(origin == self.slip.origin and signed, "the head is not signed by the log")
        check(head.from_size == self.size, "a frame was lost: the head does not begin at ours")
        size, root = int(size), base64.b64decode(root)
        consistency(self.size, self.root, size, root, hashes(head.consistency))
        self.size, self.root, self.note = size, root, head.note

    def author(self, kind, payload):
        """[3]: the next statement of this epoch and its signature."""
        party = self.slip.party.encode().ljust(16, b"\0")
        statement = b"".join(
            (
                b"nganam/report/01",
                self.log_id,
                party,
                bytes(16),
                struct.pack(
                    ">IIQQQ", self.epoch, kind, self.seq + 1, int(time.time() * 1000), self.size
                ),
                self.root if self.size else bytes(32),
                self.prev,
                payload,
            )
        )
        self.seq, self.prev = self.seq + 1, sha256(statement)
        return statement, self.sign.sign(statement).signature

    def submit(self, statement, signature):
        """[4]: until it is receipted; returns the index."""
        signed = queue.Signed(statement=statement, signature=signature)
        answer = self.ask(submit=queue.Submit(statements=[signed])).submitted.answers[0]
        if answer.WhichOneof("body") == "refused":
            raise RuntimeError(f"refused {answer.refused.code}: {answer.refused.text}")
        accepted = answer.accepted
        extra = base64.b64encode(accepted.leaf_header + signature).decode()
        lines = [base64.b64encode(one).decode() for one in hashes(accepted.inclusion)]
        receipt = "\n".join(
            [
                "c2sp.org/tlog-proof@v1",
                f"extra {extra}",
                f"index {accepted.index}",
                *lines,
                "",
                self.note,
            ]
        )
        self.verify_receipt(receipt, statement)
        self.receipts[answer.seq] = receipt
        return accepted.index

    def verify_receipt(self, receipt, statement):
        """[3]: the leaf is rebuilt from `extra` and our own bytes."""
        proof, _, note = receipt.partition("\n\n")
        first, extra, index, *lines = proof.split("\n")
        check(first == "c2sp.org/tlog-proof@v1" and extra.startswith("extra "), "no receipt")
        raw, index = base64.b64decode(extra[6:]), int(index.removeprefix("index "))
        header, signature = raw[:68], raw[68:]
        domain, own_index, _, key, length = struct.unpack(">16sQQ32sI", header)
        check(
            domain == b"nganam/entry/001"
            and own_index == index
            and length == len(statement)
            and key == bytes(self.sign.verify_key),
            "the receipt is for another leaf",
        )
        self.sign.verify_key.verify(statement, signature)
        check(note == self.note, "the receipt's head was not the one verified")
        inclusion(
            index,
            self.size,
            leaf_hash(header + statement + signature),
            [base64.b64decode(line) for line in lines],
            self.root,
        )

    def enrol(self):
        """[6]"""
        welcome = self.connect(self.slip.curve)
        self.epoch = welcome.epoch + 1
        curve = nacl.bindings.crypto_scalarmult_base(self.curve)
        key = bytes(self.sign.verify_key)
        party = self.slip.party.encode().ljust(16, b"\0")
        promise = b"".join(
            (b"nganam/enrol/001", self.log_id, party, struct.pack(">I", self.epoch), key, curve)
        )
        enrol = queue.Enrol(
            curve=curve,
            invite_key=bytes(self.slip.sign.verify_key),
            key=key,
            countersignature=self.slip.sign.sign(promise).signature,
        )
        index = self.submit(*self.author(KIND_ENROL, enrol.SerializeToString()))
        welcome = self.connect(self.curve)
        check(
            (welcome.party, welcome.epoch, welcome.high_water)
            == (self.slip.party, self.epoch, self.seq),
            "the broker does not know us",
        )
        return index

    def fetch(self, wait_ms=0):
        """[4]: the next leaves of the inbox as (index, kind, author, payload), each proved."""
        answer = self.ask(
            fetch=queue.Fetch(scope=queue.INBOX, from_index=self.next_index, wait_ms=wait_ms)
        ).entries
        leaves = []
        for entry in answer.entries:
            domain, index, _, key, length = struct.unpack(">16sQQ32sI", entry.leaf[:68])
            statement, signature = entry.leaf[68 : 68 + length], entry.leaf[68 + length :]
            check(domain == b"nganam/entry/001" and index >= self.next_index, "a leaf out of order")
            nacl.signing.VerifyKey(key).verify(statement, signature)
            inclusion(index, self.size, leaf_hash(entry.leaf), hashes(entry.inclusion), self.root)
            (kind,) = struct.unpack(">I", statement[68:72])
            leaves.append((index, kind, statement[32:48].rstrip(b"\0").decode(), statement[160:]))
            self.next_index = index + 1
        self.next_index = answer.next_index
        return leaves
