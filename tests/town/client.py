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
from tree import Lie, check, hashes, leaf_hash, root_from_leaf, roots_from_old, sha256

queue = par_messages.load("queue")
PROTOCOL, KIND_ENROL, KIND_LOG_KEY, KIND_REPORT = 1, 3, 11, 16
STATEMENT = struct.Struct(">16s16s16s16sIIQQQ32s32s")  # [3]; struct pads codes with zeros
LEAF = struct.Struct(">16sQQ32sI")


def text64(data):
    return base64.b64encode(data).decode()


class Slip:
    """[6]: what a slip says, and the two key pairs of its one-time code."""

    def __init__(self, text):
        text = text.strip()
        check(text.startswith("nganam1:"), "no slip")
        raw = base64.urlsafe_b64decode(text[8:] + "=" * (-len(text[8:]) % 4))
        check(sha256(b"nganam1:", raw[:-4])[:4] == raw[-4:], "the slip is damaged")
        texts = []
        for _ in range(3):
            texts.append(raw[1 : 1 + raw[0]].decode())
            raw = raw[1 + raw[0] :]
        self.party, self.endpoint, self.origin = texts
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
        self.size, self.root, self.note = 0, bytes(32), ""
        self.log_keys = [(0, slip.log_key)]  # [7]: from which entry on, which
        self.epoch, self.seq, self.prev, self.next_index = 0, 0, bytes(32), 0
        self.receipts = {}
        self.ids = itertools.count(1)
        self.socket = None

    # ---- The connection [2, 4] ----

    def connect(self, curve):
        """A new connection always begins with Hello."""
        if self.socket is not None:
            self.socket.close(0)
        s = self.socket = zmq.Context.instance().socket(zmq.DEALER)
        s.linger, s.reconnect_ivl = 0, -1
        # Without a connection (none made, or lost for good) a send would wait for ever.
        s.rcvtimeo = s.sndtimeo = self.timeout_ms
        s.curve_serverkey = z85.encode(self.slip.broker_curve)
        s.curve_secretkey = z85.encode(curve)
        s.curve_publickey = z85.encode(nacl.bindings.crypto_scalarmult_base(curve))
        s.connect(self.slip.endpoint)
        return self.ask(hello=queue.Hello(protocol=PROTOCOL, head=self.note)).welcome

    def send(self, **body):
        request = queue.ToBroker(id=next(self.ids), **body)
        self.socket.send(request.SerializeToString())
        return request.id

    def raw(self):
        return self.socket.recv()

    def receive(self):
        answer = queue.FromBroker.FromString(self.raw())
        if answer.WhichOneof("body") == "welcome":
            self.follow(answer.welcome.key_changes)
        if answer.WhichOneof("body") not in ("error", "stored", "blob"):
            self.take_head(answer.head)
        return answer

    def ask(self, **body):
        awaited = self.send(**body)
        while (answer := self.receive()).id != awaited:
            pass
        if answer.WhichOneof("body") == "error":
            raise RuntimeError(f"error {answer.error.code}: {answer.error.text}")
        return answer

    def exchange(self, **body):
        """As ask; an error is an answer too."""
        awaited = self.send(**body)
        while (answer := self.receive()).id != awaited and answer.id:
            pass
        return answer

    def digits(self):
        """[7, Confirming]: what both sides compare."""
        covered = struct.pack(
            ">16s16s16sI", b"nganam/confirm/1", self.log_id, self.slip.party.encode(), self.epoch
        )
        public = nacl.bindings.crypto_scalarmult_base(self.curve)
        number = int.from_bytes(sha256(covered, bytes(self.sign.verify_key), public)[:9], "big")
        text = f"{number % 10**20:020}"
        return " ".join(text[i : i + 5] for i in range(0, 20, 5))

    def progress(self, code, year, percent, evidence):
        """[8]: how far a task is, with evidence as dictionaries of its fields."""
        par = par_messages.load("par")
        said = par.Progress(year=year, code=code, percent=percent, evidence=evidence)
        acts = par.Acts(acts=[par.Act(progress=said)])
        return self.submit(*self.author(KIND_REPORT, acts.SerializeToString()))

    def follow(self, changes):
        """[7]: each key of the log is vouched for by the one before it and by itself."""
        keys = self.log_keys if not changes else []
        for change in changes:
            fields = STATEMENT.unpack(change.statement[: STATEMENT.size])
            said = queue.LogKey.FromString(change.statement[STATEMENT.size :])
            keys = keys or [(0, said.previous)]
            index, key = fields[8], keys[-1][1]
            covered = b"nganam/logkey/01" + struct.pack(">16s16sI", self.log_id, b"log", 1)
            covered += said.key + said.previous + struct.pack(">Q", index)
            check(
                fields[1] == self.log_id
                and fields[2].rstrip(b"\0") == b"log"
                and fields[5] == KIND_LOG_KEY
                and said.previous == key
                and index > keys[-1][0]
                and self.holds(key, change.statement, change.signature)
                and self.holds(said.key, covered, said.countersignature),
                "a change of the log's key that the keys do not vouch for",
            )
            keys.append((index, said.key))
        known = self.log_keys
        same = keys[: len(known)] == known if len(known) > 1 else known[0][1] in [k for _, k in keys]
        check(same, "the log had other keys than we know of")
        self.log_keys = keys

    def take_head(self, head):
        """Signed by the log, and an extension of the newest head."""
        text, _, signatures = head.note.partition("\n\n")
        origin, size, root = text.split("\n")[:3]
        size, root = int(size), base64.b64decode(root)
        good = [key for _, key in self.log_keys]  # of this size: what is not over yet
        good = [k for k, (end, _) in zip(good, self.log_keys[1:] + [(size, b"")]) if size <= end]
        signed = any(self.signs(key, text + "\n", signatures) for key in good)
        check(origin == self.slip.origin and signed, "an unsigned head")
        check(head.from_size == self.size, "a frame was lost: the head does not begin at ours")
        proof = hashes(head.consistency)
        check(size >= self.size and (self.size or not proof), "the log has become smaller")
        if self.size:
            roots = roots_from_old(self.size, size, proof, self.root)
            check(roots == (self.root, root), "the log does not continue the one we knew")
        self.size, self.root, self.note = size, root, head.note

    def signs(self, key, text, lines):
        key_id = sha256(self.slip.origin.encode(), b"\n\1", key)[:4]
        for line in lines.splitlines():
            name, _, value = line.removeprefix("\u2014 ").rpartition(" ")
            raw = base64.b64decode(value)
            if name == self.slip.origin and raw[:4] == key_id:
                return self.holds(key, text.encode(), raw[4:])
        return False

    @staticmethod
    def holds(key, data, signature):
        try:
            return nacl.signing.VerifyKey(key).verify(data, signature) == data
        except BadSignatureError:
            return False

    def take_leaf(self, leaf, inclusion):
        """[3]: a leaf under the newest head, its author's signature good: index, key, statement."""
        domain, index, _, key, length = LEAF.unpack(leaf[: LEAF.size])
        statement, signature = leaf[LEAF.size : -64], leaf[-64:]
        check(domain == b"nganam/entry/001" and length == len(statement), "no leaf")
        check(self.holds(key, statement, signature), "a leaf that its author did not sign")
        check(index < self.size, "the leaf lies beyond the tree")
        root = root_from_leaf(index, self.size, leaf_hash(leaf), inclusion)
        check(root == self.root, "the inclusion proof does not hold")
        return index, key, statement

    # ---- Statements and receipts [3, 4] ----

    def author(self, kind, payload, to=""):
        """The next statement of this epoch and its signature."""
        header = STATEMENT.pack(
            b"nganam/report/01",
            self.log_id,
            self.slip.party.encode(),
            to.encode(),  # "": to the office
            self.epoch,
            kind,
            self.seq + 1,
            int(time.time() * 1000),
            self.size,
            self.root,
            self.prev,
        )
        statement = header + payload
        self.seq, self.prev = self.seq + 1, sha256(statement)
        return statement, self.sign.sign(statement).signature

    def submit(self, statement, signature):
        """Until it is receipted; returns the index."""
        signed = queue.Signed(statement=statement, signature=signature)
        answer = self.ask(submit=queue.Submit(statements=[signed])).submitted.answers[0]
        if answer.WhichOneof("body") == "refused":
            raise RuntimeError(f"refused {answer.refused.code}: {answer.refused.text}")
        accepted = answer.accepted
        lines = [
            "c2sp.org/tlog-proof@v1",
            f"extra {text64(accepted.leaf_header + signature)}",
            f"index {accepted.index}",
            *map(text64, hashes(accepted.inclusion)),
        ]
        receipt = "\n".join(lines) + "\n\n" + self.note
        self.verify_receipt(receipt, statement)
        self.receipts[answer.seq] = receipt
        return accepted.index

    def verify_receipt(self, receipt, statement):
        """The leaf is rebuilt from `extra` and our own bytes."""
        proof, _, note = receipt.partition("\n\n")
        first, extra, index, *lines = proof.split("\n")
        check(first == "c2sp.org/tlog-proof@v1" and extra.startswith("extra "), "no receipt")
        check(note == self.note, "the receipt's head was not the one verified")
        extra = base64.b64decode(extra[6:])
        leaf = extra[: LEAF.size] + statement + extra[LEAF.size :]
        own_index, key, _ = self.take_leaf(leaf, [base64.b64decode(line) for line in lines])
        own = key == bytes(self.sign.verify_key) and index == f"index {own_index}"
        check(own, "the receipt is for another leaf")

    def enrol(self):
        """[6]"""
        self.epoch = self.connect(self.slip.curve).epoch + 1
        curve = nacl.bindings.crypto_scalarmult_base(self.curve)
        key = bytes(self.sign.verify_key)
        head = struct.pack(">16s16sI", self.log_id, self.slip.party.encode(), self.epoch)
        enrol = queue.Enrol(
            curve=curve,
            invite_key=bytes(self.slip.sign.verify_key),
            key=key,
            countersignature=self.slip.sign.sign(b"nganam/enrol/001" + head + key + curve).signature,
        )
        index = self.submit(*self.author(KIND_ENROL, enrol.SerializeToString()))
        self.enrolment = self.prev
        welcome = self.connect(self.curve)
        known = (welcome.party, welcome.epoch, welcome.high_water)
        check(known == (self.slip.party, self.epoch, self.seq), "the broker does not know us")
        return index

    def fetch(self, wait_ms=0):
        """[4]: the next leaves of the inbox as (index, kind, author, payload), each proved."""
        ask = queue.Fetch(scope=queue.INBOX, from_index=self.next_index, wait_ms=wait_ms)
        answer = self.ask(fetch=ask).entries
        leaves = []
        for entry in answer.entries:
            index, _, statement = self.take_leaf(entry.leaf, hashes(entry.inclusion))
            check(index >= self.next_index, "a leaf out of order")
            fields = STATEMENT.unpack(statement[: STATEMENT.size])
            author = fields[2].rstrip(b"\0").decode()
            leaves.append((index, fields[5], author, statement[STATEMENT.size :]))
            self.next_index = index + 1
        self.next_index = answer.next_index
        return leaves
