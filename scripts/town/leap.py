"""The calendar of the sample town: all its programs live on the same day, which can go forward.

leap.c, preloaded, adds to their clocks what stands in a file; go_to() writes it. Time never goes
back, and after go_to(None) it is the machine's own.
"""
import datetime
import struct
import time

import figures
import programs

FORM = struct.Struct("=qq")
MORNING = datetime.time(9, 0, tzinfo=figures.LOCAL_TIME)


class Leap:
    def __init__(self, path, day):
        self.path = path
        self.library = programs.bin_folder().parent / "lib" / "town_leap.so"
        if not self.library.exists():
            raise programs.CommandFailed(f"{self.library} is missing: build first")
        self.now = self.first = self._ahead(day)
        self._write()

    @staticmethod
    def _ahead(day):
        morning = datetime.datetime.combine(day, MORNING)
        return round(morning.timestamp() - time.time())

    def _write(self):
        """In place: the programs have it mapped."""
        with open(self.path, "r+b" if self.path.exists() else "wb") as stream:
            stream.write(FORM.pack(self.now, self.first))

    def go_to(self, day):
        """To nine in the morning of that day; None: to the machine's own time."""
        ahead = 0 if day is None else self._ahead(day)
        if ahead < self.now:
            raise RuntimeError(f"{day}: the town's time would go back")
        self.now = ahead
        self._write()

    def environment(self):
        """For every program of the town. ASan wants to be the first library; ours only wraps a clock."""
        return {
            "LD_PRELOAD": str(self.library),
            "TOWN_LEAP": str(self.path),
            "ASAN_OPTIONS": "verify_asan_link_order=0",
        }
