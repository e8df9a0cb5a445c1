"""The plan of libnganam_preload.so (tests/fault/preload.c): which call of a whole program fails.

    plan = Plan(folder)                     counts and strikes only in files under this folder
    programs.run(..., env=plan.env("nganam-agent"))
    plan.arm("write", 3, errno.EIO)         the third write from now on fails, once
    plan.disarm(); plan.calls, plan.struck, plan.what
"""
import mmap
import os
import pathlib
import struct
import unittest

import stage

KINDS = {
    "memory": 1,
    "open": 2,
    "read": 4,
    "write": 8,
    "sync": 16,
    "rename": 32,
    "map": 64,
    "folder": 128,
    "foreign": 256,
}
SHORT = -1  # in place of an errno: half of the write goes through
NEVER = 0xFFFFFFFF
SIZE, WHAT_AT = 256, 28


def library():
    path = stage.programs.bin_folder().parent / "tests" / "libnganam_preload.so"
    if not path.exists():
        raise unittest.SkipTest(f"{path} is not built")
    return path


class Plan:
    def __init__(self, folder, name="plan"):
        self.under = pathlib.Path(folder).resolve()
        self.path = self.under / f"fault.{name}"
        self.path.write_bytes(bytes(SIZE))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), SIZE)

    def env(self, program):
        """What makes a program take part; others that inherit it do not."""
        return {
            "LD_PRELOAD": str(library()),
            "NGANAM_FAULT_PLAN": str(self.path),
            "NGANAM_FAULT_PROGRAM": program,
            "NGANAM_FAULT_UNDER": str(self.under) + "/",
            # A sanitized build wants its runtime to come first; it works behind us as well.
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0",
        }

    def _set(self, kinds=0, call=0, error=0, sticky=False, lazy=False):
        """Kinds last, so that nothing is counted by half a plan."""
        self.map[0:4] = bytes(4)
        self.map[4:SIZE] = struct.pack("=IiIIII", call, error, sticky, lazy, 0, 0) + bytes(
            SIZE - WHAT_AT
        )
        self.map[0:4] = struct.pack("=I", kinds)

    def arm(self, kind, call, error, sticky=False):
        self._set(KINDS[kind], call, error, sticky)

    def count(self, kind):
        """Nothing fails, everything is counted."""
        self.arm(kind, NEVER, 0)

    def ignore_syncs(self):
        """Every sync says that it is done, and nothing is."""
        self._set(lazy=True)

    def clear(self):
        self._set()

    def disarm(self):
        """Strikes and counts no more; what was seen stays to be read."""
        self.map[0:4] = bytes(4)

    @property
    def calls(self):
        return struct.unpack("=I", self.map[20:24])[0]

    @property
    def struck(self):
        return struct.unpack("=I", self.map[24:28])[0] != 0

    @property
    def what(self):
        return self.map[WHAT_AT:SIZE].split(b"\0")[0].decode("utf-8", "replace")
