"""The programme's register: what a company knows about its own programme and types in or uploads.

Gates, skills, learning, network indices and the roadmap read these frames. Skills are rated 0-5,
shares are 0-1, and yes/no columns hold ``yes`` or ``no``.
"""

from __future__ import annotations

from metrics.frames.frame import (
    DAY,
    MONTH,
    NUMBER,
    TEXT,
    Frame,
    declare,
)

SKILLS = ("strategy", "content", "training", "change_management", "communicating", "technical")
YES_NO = ("yes", "no")
STATUSES = ("open", "doing", "done", "dropped")
WEIGHT, TARGET_LEVEL, OUT_OF_SCOPE, FUNCTION_WEIGHT = (
    "weight",
    "target",
    "out of scope",
    "function weight",
)
RULE_CHANGES = {
    "contradicts beyond": "contradicts",
    "supports from": "supports",
    "supported level": "supported_level",
}
GATE_CHANGES = {"warns above": "warn", "fails above": "fail"}
CHANGES = (WEIGHT, TARGET_LEVEL, OUT_OF_SCOPE, FUNCTION_WEIGHT, *RULE_CHANGES, *GATE_CHANGES)

OBJECTIVES = declare(
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
    key=("objective", "function"),
    needed=("objective", "function", "approved"),
)
TOOLS = declare(
    "tools",
    ("tool", TEXT, "name"),
    ("function", TEXT, "key of the business function"),
    ("objective", TEXT, "objective it was chosen for, '' if none"),
    ("owner", TEXT, "who knows and runs it, '' if nobody"),
    ("chosen", MONTH, "month of purchase or first use"),
    ("spend", NUMBER, "cost per year, base currency"),
    ("licences", NUMBER, "people who could use it"),
    ("active", NUMBER, "people who contribute with it in a normal week"),
    key=("tool", "function"),
    needed=("tool", "function", "spend"),
)
PEOPLE = declare(
    "people",
    ("person", TEXT, "pseudonym"),
    ("function", TEXT, "key of the business function"),
    (
        "role",
        TEXT,
        "lead, catalyst, executive, member",
        ("lead", "catalyst", "executive", "member"),
    ),
    ("employer", TEXT, "own or agency", ("own", "agency")),
    ("business", NUMBER, "business skill 0-5"),
    ("social", NUMBER, "social skill 0-5"),
    *((skill, NUMBER, "skill 0-5") for skill in SKILLS),
    ("budget", TEXT, "yes if the person decides on money", YES_NO),
    ("last_active", MONTH, "month of the last own contribution, NaT if never"),
    key=("person", "function"),
    needed=("person", "function", "role"),
)
TRAINING = declare(
    "training",
    ("person", TEXT, "pseudonym"),
    ("function", TEXT, "key of the business function"),
    ("course", TEXT, "name of the course or session"),
    ("month", MONTH, "month of the session"),
    ("hours", NUMBER, "hours of learning"),
    ("practice_hours", NUMBER, "hours of it on live cases"),
    ("mentoring_hours", NUMBER, "hours with a mentor"),
    ("certified", TEXT, "yes if it ended with a certificate", YES_NO),
    ("artefact", TEXT, "assessment, strategy or plan produced, '' if none"),
    ("applied", MONTH, "month of the first live initiative after it, NaT if none"),
    ("supported", TEXT, "yes if the learner was supported in practice", YES_NO),
    ("succeeded", TEXT, "yes, no, or '' while open", YES_NO),
    key=("person", "course", "month"),
    needed=("person", "course", "month", "hours"),
)
POLICIES = declare(
    "policies",
    ("policy", TEXT, "name; for kind 'organisation model' the model declared"),
    ("function", TEXT, "key of the business function, or 'all'"),
    (
        "kind",
        TEXT,
        "guideline, access, organisation model",
        ("guideline", "access", "organisation model"),
    ),
    ("month", MONTH, "month of the present version"),
    ("blocks", TEXT, "yes if it blocks use", YES_NO),
    ("acknowledged", NUMBER, "share of staff who acknowledged it"),
    key=("policy", "function", "kind"),
    needed=("policy", "kind"),
)
RESPONSIBILITIES = declare(
    "responsibilities",
    ("process", TEXT, "name"),
    ("function", TEXT, "key of the business function"),
    ("person", TEXT, "pseudonym"),
    (
        "part",
        TEXT,
        "responsible, accountable, consulted, informed",
        ("responsible", "accountable", "consulted", "informed"),
    ),
    key=("process", "function", "person", "part"),
    needed=("process", "person", "part"),
)
ASSESSMENTS = declare(
    "assessments",
    ("assessment", TEXT, "name of the report"),
    ("function", TEXT, "key of the business function, or 'all'"),
    ("constituency", TEXT, "whose needs were assessed"),
    ("month", MONTH, "month it was finished"),
    key=("assessment", "function", "constituency"),
    needed=("assessment", "function", "month"),
)
CHANNELS = declare(
    "channels",
    ("channel", TEXT, "name"),
    ("function", TEXT, "key of the business function"),
    ("hours", NUMBER, "own hours spent"),
    ("outcomes", NUMBER, "outcomes that serve an objective, in one unit for all channels"),
    key=("channel", "function"),
    needed=("channel", "hours", "outcomes"),
)
CONTACTS = declare(
    "contacts",
    ("contact", TEXT, "pseudonym of the contact"),
    ("person", TEXT, "member of staff who holds the contact"),
    ("function", TEXT, "key of the business function"),
    ("constituency", TEXT, "of the contact"),
    ("relevance", NUMBER, "0-1: target constituency, role and objective"),
    ("days", NUMBER, "days since the last exchange"),
    ("two_way", TEXT, "yes if both sides speak", YES_NO),
    ("followers", NUMBER, "followers of the contact"),
    key=("contact", "person"),
    needed=("contact", "relevance"),
)
BELIEFS = declare(
    "beliefs",
    ("rater", TEXT, "pseudonym"),
    ("function", TEXT, "function of the rater"),
    (
        "model",
        TEXT,
        "marketing channel or cross-functional",
        ("cross-functional", "marketing channel"),
    ),
    ("growth", TEXT, "followers or relevant people", ("relevant people", "followers")),
    ("stance", TEXT, "sceptical, neutral, willing", ("willing", "neutral", "sceptical")),
    key=("rater", "function"),
    needed=("rater", "model", "stance"),
)
TASKS = declare(
    "tasks",
    ("task", TEXT, "what is to be done"),
    ("function", TEXT, "key of the business function"),
    ("question", TEXT, "step of the maturity model it takes, such as STR-3; '' if none"),
    ("owner", TEXT, "role of the one accountable person, '' if none"),
    ("due", DAY, "day by which it is done"),
    ("status", TEXT, "open, doing, done, dropped", STATUSES),
    ("effort", NUMBER, "person-months"),
    ("kpi", TEXT, "KPI it should move, '' if none"),
    ("expected", NUMBER, "expected relative improvement of that KPI, fraction"),
    key=("task", "function"),
    needed=("task", "owner", "due", "status"),
)
ADAPTATIONS = declare(
    "adaptations",
    (
        "kind",
        TEXT,
        "weight, target, out of scope, function weight, contradicts beyond, supports "
        "from, supported level, warns above, fails above",
        CHANGES,
    ),
    ("item", TEXT, "dimension, function, rule or gate it changes"),
    ("value", NUMBER, "new value; none for out of scope"),
    ("since", TEXT, "first wave it holds for, such as 2026-10; '' for every wave"),
    ("why", TEXT, "reason of the change"),
    key=("kind", "item", "since"),
    needed=("kind", "item", "value"),
)

REGISTER: tuple[Frame, ...] = (
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
    TASKS,
    ADAPTATIONS,
)
