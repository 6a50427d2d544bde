"""Questions and answers of communities: Stack Exchange, Discourse, Khoros."""

from ibis import _

from ingest.source import Field, FieldKind, Lookup, Source, Tally

_question = _.kind.fill_null("1") == "1"

STACK_EXCHANGE = Source(
    key="stackexchange_questions",
    title="Stack Exchange questions",
    function="support",
    system="Stack Exchange",
    fields=(
        Field("post", FieldKind.TEXT, ("id",), required=True, always=True),
        Field("kind", FieldKind.TEXT, ("posttypeid",)),
        Field(
            "asked_at", FieldKind.DATE, ("creationdate",), required=True, always=True, verb="asked"
        ),
        Field("answers", FieldKind.COUNT, ("answercount",), required=True),
        Field("views", FieldKind.COUNT, ("viewcount",)),
    ),
    identity="post",
    tallies=(
        Tally("questions", _.asked_at, where=_question),
        Tally("answered_questions", _.asked_at, where=_question & (_.answers > 0)),
        Tally("answers", _.asked_at, _.answers, _question),
        Tally("question_views", _.asked_at, _.views, _question),
    ),
    cannot_feed=(("peer_answer_share", "no_staff_peer_column"),),
    cautions=("only_questions_counted",),
    refining=("kind",),
)

DISCOURSE_USERS = Source(
    key="discourse_users",
    title="Discourse users",
    function="support",
    system="Discourse",
    fields=(
        Field("user", FieldKind.TEXT, ("id",), required=True),
        Field("admin", FieldKind.FLAG, ("admin",), required=True),
        Field("moderator", FieldKind.FLAG, ("moderator",), required=True),
        Field("trust", FieldKind.TEXT, ("trust_level",), required=True),
    ),
)

DISCOURSE_TOPICS = Source(
    key="discourse_topics",
    title="Discourse topics",
    function="support",
    system="Discourse",
    fields=(
        Field("topic", FieldKind.TEXT, ("topic_id",), required=True, always=True),
        Field("category", FieldKind.TEXT, ("category_name",)),
        Field(
            "asked_at", FieldKind.DATE, ("created_at",), required=True, always=True, verb="asked"
        ),
        Field("replies", FieldKind.COUNT, ("reply_count",), required=True),
        Field("views", FieldKind.COUNT, ("views",)),
        Field("solver", FieldKind.TEXT, ("solution_user_id",)),
        Field("admin", FieldKind.FLAG),
        Field("moderator", FieldKind.FLAG),
    ),
    identity="topic",
    lookups=(Lookup("discourse_users", "solver", "user", ("admin", "moderator")),),
    item=_.category,
    tallies=(
        Tally("questions", _.asked_at),
        Tally("answered_questions", _.asked_at, where=_.replies > 0),
        Tally("answers", _.asked_at, _.replies),
        Tally("question_views", _.asked_at, _.views),
        Tally(
            "peer_answered_questions",
            _.asked_at,
            where=_.solver.notnull() & ~(_.admin | _.moderator),
        ),
    ),
    cannot_feed=(("peer_answer_share", "no_staff_peer_column"),),
)

KHOROS = Source(
    key="khoros_daily",
    title="Khoros community, by day",
    function="support",
    system="Khoros",
    fields=(
        Field("day", FieldKind.DATE, ("date",), required=True, always=True, verb="counted"),
        Field("topics", FieldKind.COUNT, ("topics",), required=True),
        Field("replies", FieldKind.COUNT, ("replies",), required=True),
        Field("solutions", FieldKind.COUNT, ("accepted solutions",), required=True),
        Field("views", FieldKind.COUNT, ("page views",)),
    ),
    tallies=(
        Tally("questions", _.day, _.topics),
        Tally("answers", _.day, _.replies),
        Tally("question_views", _.day, _.views),
    ),
    cannot_feed=(
        ("answered_share", "no_answered_column"),
        ("peer_answer_share", "no_staff_peer_column"),
    ),
)
