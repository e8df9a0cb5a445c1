"""A line on which somebody sits: a relay that keeps all that passes and, when told, does one thing to the
bytes of the next connection.
"""
import stage  # noqa: F401 (it knows where relay.py is)
import relay  # isort: skip

MODES = ("flip", "cut", "repeat", "reorder")


class Meddler(relay.Relay):
    """plan(mode, upward, at): from that byte of the next connection's one direction on."""

    def __init__(self, target_port, rng):
        self.rng = rng
        self.up, self.down = [], []  # the bytes of each connection, as they came
        self.mode, self.upward, self.at = None, True, 0
        self.done = 0  # how often it was done
        self._kept = {}  # socket -> the one of those its bytes go to
        super().__init__(target_port)

    def stop(self):
        super().stop()
        for end in (self._wake_read, self._wake_write, self._selector):
            end.close()

    def plan(self, mode, upward=True, at=0):
        self.mode, self.upward, self.at = mode, upward, at

    def seen(self):
        """All there was on the line."""
        return b"".join(self.up + self.down)

    def _accept(self):
        before = set(self._peers)
        super()._accept()
        fresh = [one for one in self._peers if one not in before]
        listens = self._listener.getsockname()
        for one in fresh:
            kept = bytearray()
            self._kept[one] = kept
            (self.up if one.getsockname() == listens else self.down).append(kept)

    def _copy(self, source):
        try:
            data = source.recv(relay.CHUNK)
            if data:
                changed = self._changed(self._kept[source], data)
                self._kept[source].extend(data)
                self._peers[source].sendall(changed)
                return
        except OSError:
            pass
        self._drop(source)

    def _changed(self, kept, data):
        place = max(0, self.at - len(kept))
        upward = any(kept is one for one in self.up)
        if self.mode is None or upward != self.upward or place >= len(data):
            return data
        mode, self.mode = self.mode, None
        size = self.rng.randrange(1, len(data) - place + 1)
        before, part, after = data[:place], data[place : place + size], data[place + size :]
        if mode == "flip":
            part = bytes([part[0] ^ 1 << self.rng.randrange(8)]) + part[1:]
        elif mode == "cut":
            part = b""
        elif mode == "repeat":
            part = part + part
        else:
            part, after = part[len(part) // 2 :] + part[: len(part) // 2], after
        changed = before + part + after
        self.done += changed != data
        return changed
