"""Runs the three programs: one command and its answer, or a service until it is stopped.

Every process is started here and known by its pid; stop_all() ends them in order, and a service ends
with the process that started it even if that one is killed.
"""
import ctypes
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
READY_WITHIN = 60.0
STOP_WITHIN = 20.0

ROOT = pathlib.Path(__file__).resolve().parents[2]
_libc = ctypes.CDLL(None, use_errno=True)
extra_environment = {}  # of every program started from here on


def bin_folder():
    """Where the programs are: $NGANAM_BIN, else the release build's."""
    return pathlib.Path(os.environ.get("NGANAM_BIN", ROOT / "build" / "bin"))


def free_port(wanted=0):
    """A loopback port nobody listens on: the wanted one when it is free."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise RuntimeError("no free port on 127.0.0.1")


def environment(lang):
    env = {name: value for name, value in os.environ.items() if not name.startswith("NGANAM_")}
    env["NGANAM_LANG"] = lang
    return {**env, **extra_environment}


class Answer:
    """What a command left: exit status, stdout, stderr."""

    def __init__(self, arguments, status, out, err):
        self.arguments, self.status, self.out, self.err = arguments, status, out, err

    def json(self):
        try:
            return json.loads(self.out)
        except json.JSONDecodeError as fault:
            raise RuntimeError(f"{self.line()}: no JSON document: {fault}: {self.out[:300]!r}")

    def line(self):
        return " ".join(str(a) for a in self.arguments)

    def __str__(self):
        return f"{self.line()}\n  exit {self.status}\n  out: {self.out[:2000]}\n  err: {self.err[:2000]}"


class CommandFailed(Exception):
    pass


def run(
    program,
    *arguments,
    data=None,
    lang="en",
    timeout=120,
    stdin=None,
    check=True,
    wrap=(),
    env=None,
):
    """Runs nganam-PROGRAM to its end. check: an exit status other than 0 raises CommandFailed."""
    command = [*wrap, bin_folder() / f"nganam-{program}", *map(str, arguments)]
    if data is not None:
        command += ["--data", str(data)]
    done = subprocess.run(
        [str(c) for c in command],
        input=stdin,
        capture_output=True,
        env={**environment(lang), **(env or {})},
        timeout=timeout,
        check=False,
        stdin=None if stdin is not None else subprocess.DEVNULL,
    )
    answer = Answer(
        [f"nganam-{program}", *map(str, arguments)],
        done.returncode,
        done.stdout.decode("utf-8", "replace"),
        done.stderr.decode("utf-8", "replace"),
    )
    if check and answer.status != 0:
        raise CommandFailed(str(answer))
    return answer


def _die_with_parent():
    """For the child: SIGTERM when the thread that started it ends (so start services in the main one)."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Service:
    """A program that runs until it is stopped. Its words go to a file; ready is its first line."""

    def __init__(self, program, *arguments, data, log, lang="en", ready_within=READY_WITHIN, env=None):
        self.name = f"nganam-{program}"
        self.log_path = pathlib.Path(log)
        self.ready = None
        self._log = open(self.log_path, "ab")
        # Its own session: Ctrl-C reaches whoever started us, who then stops the services in order.
        self.process = subprocess.Popen(
            [str(bin_folder() / self.name), *map(str, arguments), "--data", str(data)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**environment(lang), **(env or {})},
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        if ready_within:
            self.wait_ready(ready_within)

    @property
    def pid(self):
        return self.process.pid

    def wait_ready(self, within=READY_WITHIN):
        """Waits for the line that begins "ready"; raises with the log's end if it does not come."""
        pipe = self.process.stdout
        os.set_blocking(pipe.fileno(), False)
        until = time.monotonic() + within
        seen = b""
        while time.monotonic() < until:
            select.select([pipe], [], [], min(1.0, max(0.0, until - time.monotonic())))
            piece = pipe.read()
            if piece:
                seen += piece
            for line in seen.decode("utf-8", "replace").splitlines():
                if line.startswith("ready"):
                    self.ready = line
                    return line
            if piece == b"" or self.process.poll() is not None:
                break
        status = self.process.poll()
        self.kill()
        words = self.log_path.read_text("utf-8", "replace")[-2000:]
        raise CommandFailed(f"{self.name} was not ready in {within:.0f} s (exit {status}): {words}")

    def signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self):
        """kill -9, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        return self._gone()

    def stop(self, within=STOP_WITHIN):
        """Asks it to end and waits; returns its exit status."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise CommandFailed(f"{self.name} (pid {self.pid}) did not stop in {within:.0f} s")
        return self._gone()

    def _gone(self):
        status = self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self._log.close()
        return status


def wait_until(condition, within, what):
    """Asks condition() until it says true; raises naming what when the time is over."""
    until = time.monotonic() + within
    pause = 0.01
    while True:
        if condition():
            return
        if time.monotonic() > until:
            raise CommandFailed(f"not within {within:.0f} s: {what}")
        time.sleep(pause)
        pause = min(0.25, pause * 1.5)
