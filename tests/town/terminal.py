"""A command of a page, typed in a terminal as a person would."""
import os
import pty
import select
import subprocess
import time

SECONDS = 60
SETTLED = 0.3  # a question stands there when nothing more comes behind it


def type_in(command, environment, answers=()):
    """Runs it in a shell; each answer is typed once a question waits. Its status, and all that the screen shows."""
    person, machine = pty.openpty()
    child = subprocess.Popen(
        ["sh", "-c", command], stdin=machine, stdout=machine, stderr=machine, env=environment
    )
    os.close(machine)
    answers, shown, until = list(answers), b"", time.monotonic() + SECONDS
    while time.monotonic() < until:
        if select.select([person], [], [], SETTLED)[0]:
            try:
                shown += os.read(person, 65536)
            except OSError:  # its end
                break
        elif answers and shown.endswith(b": "):
            os.write(person, answers.pop(0).encode() + b"\n")
    status = child.wait(10)
    os.close(person)
    return status, shown.decode("utf-8", "replace")
