"""What has to be done next to keep an index true, and when."""

import math
import time
from enum import Enum, auto

from fimble_indexer.watching.changes import Changes

NEVER = math.inf
_LONGEST_RETRY_SECONDS = 60.0


class Job(Enum):
    """What there is to do; of several that are due the first one here is done first."""

    LEAD = auto()  # try to get the lead
    URGENT = auto()  # bring in what the user has just edited or saved
    CHANGES = auto()  # bring in what else has changed
    EVERYTHING = auto()  # look at everything
    OVERLAYS = auto()  # see whether the open buffers are still in the index


class Schedule:
    """When each job is due; ``urgent`` and ``changes`` make theirs due by themselves."""

    def __init__(self) -> None:
        """Begin with trying to get the lead."""
        self.urgent: set[str] = set()
        self.changes = Changes()
        self.failures = 0
        self._times = {Job.LEAD: 0.0, Job.EVERYTHING: NEVER, Job.OVERLAYS: NEVER}

    def plan(self, job: Job, seconds: float = 0.0) -> None:
        """Do the job in so many seconds, whatever was planned; ``NEVER`` waits for another plan."""
        self._times[job] = time.monotonic() + seconds

    def plan_at_latest(self, job: Job, seconds: float) -> None:
        """Do the job in so many seconds if it is not planned earlier."""
        self._times[job] = min(self._times[job], time.monotonic() + seconds)

    def plan_retry(self, *jobs: Job) -> None:
        """Do what has failed again, later each time until ``failures`` is set back to 0."""
        self.failures += 1
        for job in jobs:
            self.plan(job, min(2**self.failures, _LONGEST_RETRY_SECONDS))

    def due(self) -> Job | None:
        """Return the job to do now, if there is one."""
        now = time.monotonic()
        return next((job for job in Job if self._time(job) <= now), None)

    def seconds_until_due(self) -> float:
        """Return how long there is nothing to do."""
        return max(0.0, min(map(self._time, Job)) - time.monotonic())

    def take_urgent(self) -> set[str]:
        """Return the urgent paths, and forget them."""
        paths, self.urgent = self.urgent, set()
        return paths

    def _time(self, job: Job) -> float:
        match job:
            case Job.URGENT:
                return 0.0 if self.urgent else NEVER
            case Job.CHANGES:
                return self.changes.due()
        return self._times[job]
