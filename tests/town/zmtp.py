"""ZMTP 3.1 with CURVE by hand (ZeroMQ RFCs 23, 25, 26), for peers that do what no library would: stop
half-way, never end a message, never read. Written from the RFCs; only loopback is meant.
"""
import os
import socket
import struct

import nacl.bindings as sodium

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01" + b"CURVE".ljust(20, b"\0") + bytes(32)
MORE, LONG, COMMAND = 1, 2, 4
SECONDS = 20  # for each step of the handshake


class Closed(Exception):
    """The other side has hung up."""


class Raw:
    """One connection. steps: how far to go: 0 TCP, 1 half a greeting, 2 greeting, 3 HELLO, 4 all."""

    def __init__(self, port, server_key, secret, identity=b"", steps=4):
        self.server_key, self.secret = server_key, secret
        self.socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        self.buffer, self.counter = b"", 0
        try:
            self._begin(identity, steps)
        except OSError as fault:
            self.socket.close()
            raise Closed from fault
        except Closed:
            self.socket.close()
            raise

    def _begin(self, identity, steps):
        if steps == 1:
            self.socket.sendall(GREETING[:11])
        if steps >= 2:
            self.socket.sendall(GREETING)
        if steps >= 3:
            self._hello()
        if steps >= 4:
            self._handshake(identity)

    # ---- bytes ----

    def _take(self, size):
        while len(self.buffer) < size:
            piece = self.socket.recv(65536)
            if not piece:
                raise Closed
            self.buffer += piece
        piece, self.buffer = self.buffer[:size], self.buffer[size:]
        return piece

    @staticmethod
    def frame(body, flags=0):
        if len(body) > 255:
            return struct.pack(">BQ", flags | LONG, len(body)) + body
        return struct.pack(">BB", flags, len(body)) + body

    def _take_frame(self):
        (flags,) = self._take(1)
        (size,) = struct.unpack(">Q", self._take(8)) if flags & LONG else self._take(1)
        return self._take(size)

    def _nonce(self, prefix):
        self.counter += 1
        short = struct.pack(">Q", self.counter)
        return short, prefix + short

    # ---- the handshake of RFC 26 ----

    def _hello(self):
        self.short_public, self.short_secret = sodium.crypto_box_keypair()
        short, nonce = self._nonce(b"CurveZMQHELLO---")
        box = sodium.crypto_box(bytes(64), nonce, self.server_key, self.short_secret)
        body = b"\x05HELLO\x01\0" + bytes(72) + self.short_public + short + box
        self.socket.sendall(self.frame(body, COMMAND))

    def _handshake(self, identity):
        self._take(64)
        welcome = self._take_frame()
        if welcome[:8] != b"\x07WELCOME":
            raise Closed
        opened = sodium.crypto_box_open(
            welcome[24:], b"WELCOME-" + welcome[8:24], self.server_key, self.short_secret
        )
        server_short, cookie = opened[:32], opened[32:]
        public = sodium.crypto_scalarmult_base(self.secret)
        vouch_nonce = os.urandom(16)
        vouch = sodium.crypto_box(
            self.short_public + self.server_key, b"VOUCH---" + vouch_nonce, server_short, self.secret
        )
        metadata = b"\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER"
        metadata += b"\x08Identity" + struct.pack(">I", len(identity)) + identity
        short, nonce = self._nonce(b"CurveZMQINITIATE")
        box = sodium.crypto_box(
            public + vouch_nonce + vouch + metadata, nonce, server_short, self.short_secret
        )
        self.socket.sendall(self.frame(b"\x08INITIATE" + cookie + short + box, COMMAND))
        if self._take_frame()[:6] != b"\x05READY":
            raise Closed
        self.shared = sodium.crypto_box_beforenm(server_short, self.short_secret)

    # ---- messages ----

    def message(self, data, more=False):
        """One frame of a message, ready for the line."""
        short, nonce = self._nonce(b"CurveZMQMESSAGEC")
        plain = (b"\x01" if more else b"\0") + data
        return self.frame(
            b"\x07MESSAGE" + short + sodium.crypto_box_afternm(plain, nonce, self.shared)
        )

    def send(self, data, more=False):
        self.write(self.message(data, more))

    def write(self, data):
        try:
            self.socket.sendall(data)
        except OSError as fault:
            raise Closed from fault

    def receive(self):
        """The next message's data; pings are passed over (whoever waits long is dropped)."""
        while True:
            body = self._take_frame()
            if body[:8] == b"\x07MESSAGE":
                plain = sodium.crypto_box_open_afternm(
                    body[16:], b"CurveZMQMESSAGES" + body[8:16], self.shared
                )
                if plain[0] & 2 == 0:
                    return plain[1:]

    def close(self):
        self.socket.close()
