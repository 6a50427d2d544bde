"""Questions and answers of communities: Stack Exchange, Discourse, Khoros."""

from ibis import _

from ingest.source import Field, Kind, Lookup, Source, Tally

_question = _.kind.fill_null("1") == "1"

STACK_EXCHANGE = Source(
    key="stackexchange_questions",
    title="Stack Exchange questions",
    function="support",
    system="Stack Exchange",
    fields=(
        Field("post", Kind.TEXT, ("id",), required=True, always=True),
        Field("kind", Kind.TEXT, ("posttypeid",)),
        Field("asked_at", Kind.DATE, ("creationdate",), required=True, always=True, verb="asked"),
        Field("answers", Kind.COUNT, ("answercount",), required=True),
        Field("views", Kind.COUNT, ("viewcount",)),
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
        Field("user", Kind.TEXT, ("id",), required=True),
        Field("admin", Kind.FLAG, ("admin",), required=True),
        Field("moderator", Kind.FLAG, ("moderator",), required=True),
        Field("trust", Kind.TEXT, ("trust_level",), required=True),
    ),
)

DISCOURSE_TOPICS = Source(
    key="discourse_topics",
    title="Discourse topics",
    function="support",
    system="Discourse",
    fields=(
        Field("topic", Kind.TEXT, ("topic_id",), required=True, always=True),
        Field("category", Kind.TEXT, ("category_name",)),
        Field("asked_at", Kind.DATE, ("created_at",), required=True, always=True, verb="asked"),
        Field("replies", Kind.COUNT, ("reply_count",), required=True),
        Field("views", Kind.COUNT, ("views",)),
        Field("solver", Kind.TEXT, ("solution_user_id",)),
        Field("admin", Kind.FLAG),
        Field("moderator", Kind.FLAG),
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
        Field("day", Kind.DATE, ("date",), required=True, always=True, verb="counted"),
        Field("topics", Kind.COUNT, ("topics",), required=True),
        Field("replies", Kind.COUNT, ("replies",), required=True),
        Field("solutions", Kind.COUNT, ("accepted solutions",), required=True),
        Field("views", Kind.COUNT, ("page views",)),
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
