"""The frames that gates, skills and learning read, beside those of ``metrics.frames``.

Skills are rated 0-5, shares are 0-1, and yes/no columns hold ``yes`` or ``no``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from metrics.frames import MONTH, NUMBER, TEXT, Column, Frame


@dataclass(frozen=True)
class Inputs:
    """What was recorded, by frame name, and the day it is judged from."""

    frames: Mapping[str, pd.DataFrame]
    as_of: pd.Timestamp

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.frames[name]

    def __contains__(self, name: str) -> bool:
        return name in self.frames


SKILLS = ("strategy", "content", "training", "change_management", "communicating", "technical")


def _frame(name: str, *columns: tuple[str, str, str]) -> Frame:
    return Frame(name, tuple(Column(*column) for column in columns))


OBJECTIVES = _frame(
    "objectives",
    ("objective", TEXT, "name, as initiatives, tools and contributions give it"),
    ("function", TEXT, "key of the business function"),
    ("corporate_goal", TEXT, "goal of the company it serves, '' if none"),
    ("gap", TEXT, "question id of the assessed gap it closes, '' if none"),
    ("constituency", TEXT, "whom it concerns"),
    ("kpi", TEXT, "KPI it should move, '' if none"),
    ("owner", TEXT, "accountable person, '' if none"),
    ("approved", MONTH, "month of approval, NaT if not approved"),
    ("created_with", TEXT, "outsiders who helped to make it, separated by ';'"),
)
TOOLS = _frame(
    "tools",
    ("tool", TEXT, "name"),
    ("function", TEXT, "key of the business function"),
    ("objective", TEXT, "objective it was chosen for, '' if none"),
    ("owner", TEXT, "who knows and runs it, '' if nobody"),
    ("chosen", MONTH, "month of purchase or first use"),
    ("spend", NUMBER, "cost per year, base currency"),
    ("licences", NUMBER, "people who could use it"),
    ("active", NUMBER, "people who contribute with it in a normal week"),
)
PEOPLE = _frame(
    "people",
    ("person", TEXT, "pseudonym"),
    ("function", TEXT, "key of the business function"),
    ("role", TEXT, "lead, catalyst, executive, member"),
    ("employer", TEXT, "own or agency"),
    ("business", NUMBER, "business skill 0-5"),
    ("social", NUMBER, "social skill 0-5"),
    *((skill, NUMBER, "skill 0-5") for skill in SKILLS),
    ("budget", TEXT, "yes if the person decides on money"),
    ("last_active", MONTH, "month of the last own contribution, NaT if never"),
)
TRAINING = _frame(
    "training",
    ("person", TEXT, "pseudonym"),
    ("function", TEXT, "key of the business function"),
    ("month", MONTH, "month of the session"),
    ("hours", NUMBER, "hours of learning"),
    ("practice_hours", NUMBER, "hours of it on live cases"),
    ("mentoring_hours", NUMBER, "hours with a mentor"),
    ("certified", TEXT, "yes if it ended with a certificate"),
    ("artefact", TEXT, "assessment, strategy or plan produced, '' if none"),
    ("applied", MONTH, "month of the first live initiative after it, NaT if none"),
    ("supported", TEXT, "yes if the learner was supported in practice"),
    ("succeeded", TEXT, "yes, no, or '' while open"),
)
POLICIES = _frame(
    "policies",
    ("policy", TEXT, "name; for kind 'organisation model' the model declared"),
    ("function", TEXT, "key of the business function, or 'all'"),
    ("kind", TEXT, "guideline, access, organisation model"),
    ("month", MONTH, "month of the present version"),
    ("blocks", TEXT, "yes if it blocks use"),
    ("acknowledged", NUMBER, "share of staff who acknowledged it"),
)
RESPONSIBILITIES = _frame(
    "responsibilities",
    ("process", TEXT, "name"),
    ("function", TEXT, "key of the business function"),
    ("person", TEXT, "pseudonym"),
    ("part", TEXT, "responsible, accountable, consulted, informed"),
)
ASSESSMENTS = _frame(
    "assessments",
    ("assessment", TEXT, "name of the report"),
    ("function", TEXT, "key of the business function, or 'all'"),
    ("constituency", TEXT, "whose needs were assessed"),
    ("month", MONTH, "month it was finished"),
)
CHANNELS = _frame(
    "channels",
    ("channel", TEXT, "name"),
    ("function", TEXT, "key of the business function"),
    ("hours", NUMBER, "own hours spent"),
    ("outcomes", NUMBER, "outcomes that serve an objective, in one unit for all channels"),
)
CONTACTS = _frame(
    "contacts",
    ("person", TEXT, "member of staff who holds the contact"),
    ("function", TEXT, "key of the business function"),
    ("constituency", TEXT, "of the contact"),
    ("relevance", NUMBER, "0-1: target constituency, role and objective"),
    ("days", NUMBER, "days since the last exchange"),
    ("two_way", TEXT, "yes if both sides speak"),
    ("followers", NUMBER, "followers of the contact"),
)
BELIEFS = _frame(
    "beliefs",
    ("rater", TEXT, "pseudonym"),
    ("function", TEXT, "function of the rater"),
    ("model", TEXT, "marketing channel or cross-functional"),
    ("growth", TEXT, "followers or relevant people"),
    ("stance", TEXT, "sceptical, neutral, willing"),
)

INPUTS: tuple[Frame, ...] = (
    OBJECTIVES,
    TOOLS,
    PEOPLE,
    TRAINING,
    POLICIES,
    RESPONSIBILITIES,
    ASSESSMENTS,
    CHANNELS,
    CONTACTS,
    BELIEFS,
)
