"""A telephone line between an agent and the broker that can be cut and mended.

The relay listens on one loopback port and copies bytes to another. cut() closes the listener and
every connection at once, as when the line drops; mend() listens again on the same port.
"""
import selectors
import socket
import threading

CHUNK = 65536


class Relay:
    def __init__(self, target_port):
        self.target = ("127.0.0.1", target_port)
        self.port = 0
        self._lock = threading.Lock()
        self._listener = None
        self._peers = {}  # socket -> the socket its bytes go to
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = socket.socketpair()
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._wishes = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.mend()

    def cut(self):
        self._ask("cut")

    def mend(self):
        self._ask("mend")

    def stop(self):
        self._ask("stop")
        self._thread.join(5)

    def _ask(self, wish):
        """Hands a wish to the relay's own thread and waits until it is done."""
        done = threading.Event()
        with self._lock:
            self._wishes.append((wish, done))
        self._wake_write.send(b"!")
        if not done.wait(10):
            raise RuntimeError(f"relay on port {self.port}: {wish} was not done in 10 s")

    def _run(self):
        running = True
        while running:
            for key, _ in self._selector.select():
                if key.fileobj is self._wake_read:
                    running = self._obey()
                elif key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj in self._peers:
                    self._copy(key.fileobj)
                if not running:
                    break

    def _obey(self):
        self._wake_read.recv(4096)
        with self._lock:
            wishes, self._wishes = self._wishes, []
        running = True
        for wish, done in wishes:
            if wish == "mend" and self._listener is None:
                self._listen()
            elif wish != "mend":
                self._close_all()
                running = wish != "stop"
            done.set()
        return running

    def _listen(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(16)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ)

    def _accept(self):
        near, _ = self._listener.accept()
        try:
            far = socket.create_connection(self.target, timeout=5)
        except OSError:
            near.close()
            return
        for one, other in ((near, far), (far, near)):
            one.settimeout(5)
            self._peers[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _copy(self, source):
        try:
            data = source.recv(CHUNK)
            if data:
                self._peers[source].sendall(data)
                return
        except OSError:
            pass
        self._drop(source)

    def _drop(self, one):
        """Closes a connection's two ends; one that is gone already is passed over."""
        other = self._peers.get(one)
        for end in (one, other):
            if self._peers.pop(end, None) is not None:
                self._selector.unregister(end)
                end.close()

    def _close_all(self):
        if self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None
        for peer in list(self._peers):
            self._drop(peer)
