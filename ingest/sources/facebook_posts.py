"""Facebook posts with their reactions: the public Live-sellers set."""

from ibis import _

from ingest.source import Field, FieldKind, Source, Tally

LIVE = Source(
    key="facebook_live_posts",
    title="Facebook posts with reactions",
    function="marketing",
    system="Facebook",
    fields=(
        Field("post", FieldKind.TEXT, ("status_id",), required=True, always=True),
        Field("type", FieldKind.TEXT, ("status_type",)),
        Field(
            "published_at",
            FieldKind.DATE,
            ("status_published",),
            required=True,
            always=True,
            verb="published",
        ),
        Field("reactions", FieldKind.COUNT, ("num_reactions",), required=True),
        Field("comments", FieldKind.COUNT, ("num_comments",), required=True),
        Field("shares", FieldKind.COUNT, ("num_shares",), required=True),
    ),
    identity="post",
    repeats="keep",
    item=_.type,
    tallies=(
        Tally("posts", _.published_at),
        Tally("reactions", _.published_at, _.reactions),
        Tally("comments", _.published_at, _.comments),
        Tally("shares", _.published_at, _.shares),
    ),
    cannot_feed=(
        ("engagement_rate", "no_reach_column"),
        ("earned_share_of_reach", "no_reach_column"),
        ("external_content_share", "no_author_side_column"),
    ),
)
