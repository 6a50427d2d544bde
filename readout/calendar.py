"""Calendar files: tasks as whole-day entries that any calendar can take in."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pandas as pd
from icalendar import Alarm, Calendar, Event

from metrics.frames.frame import iterate_rows
from words import say

REMINDER_DAYS = 7


def tasks_calendar(tasks: pd.DataFrame, client: str, as_of: date) -> bytes:
    """Return dated tasks as an iCalendar file.

    Parameters
    ----------
    tasks : DataFrame
        Frame ``tasks``; rows without a date are left out, dropped ones are marked cancelled.
    client : str
        Identifier of the client: the same task keeps its identity from one file to the next.
    as_of : date
        Day of the data; stamps every entry, so the same tasks give the same bytes.
    """
    book = Calendar()
    book.add("prodid", "-//Attune//Tasks//EN")
    book.add("version", "2.0")
    book.add("x-wr-calname", say("roadmap.calendar_name"))
    stamp = datetime.combine(as_of, time(), UTC)
    for row in iterate_rows(tasks.dropna(subset="due")):
        day, event = pd.Timestamp(row.due).date(), Event()
        event.add("uid", f"{_identity(client, row.function, row.task)}@attune")
        event.add("dtstamp", stamp)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("summary", row.task)
        owner = row.owner or say("roadmap.no_owner")
        event.add(
            "description",
            say(
                "roadmap.calendar_task",
                owner=owner,
                status=row.status or "open",
                step=row.question or "–",
            ),
        )
        event.add("status", "CANCELLED" if row.status == "dropped" else "CONFIRMED")
        if row.status in ("open", "doing", ""):
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", row.task)
            alarm.add("trigger", timedelta(days=-REMINDER_DAYS))
            event.add_component(alarm)
        book.add_component(event)
    return book.to_ical()


def _identity(client: str, function: str, task: str) -> str:
    from hashlib import sha256

    return sha256(f"{client}/{function}/{task}".encode()).hexdigest()[:20]
