"""Posts and their reach on X, LinkedIn, Facebook and Instagram.

Where a platform exports both a daily series and a list of posts, reactions are counted from the
posts and impressions from the series, so that uploading both counts nothing twice.
"""

from ibis import _

from ingest.source import Field, FieldKind, Source, Tally


def _count(key: str, *aliases: str, required: bool = False) -> Field:
    return Field(key, FieldKind.COUNT, aliases, required=required)


def _day(*aliases: str, verb: str = "published") -> Field:
    return Field("day", FieldKind.DATE, aliases, required=True, always=True, verb=verb)


_INTERACTIONS = (
    Tally("posts", _.day),
    Tally("reactions", _.day, _.reactions),
    Tally("comments", _.day, _.comments),
    Tally("shares", _.day, _.shares),
)
_REACH = (
    Tally("post_impressions", _.day, _.impressions),
    Tally("engagements", _.day, _.engagements),
)
_OUTSIDERS = (("external_content_share", "no_author_side_column"),)
_PAID = (("earned_share_of_reach", "no_paid_split_column"),)

X_CLASSIC = Source(
    key="x_posts",
    title="X (Twitter) posts",
    function="marketing",
    system="X (Twitter)",
    fields=(
        Field("link", FieldKind.TEXT, ("tweet permalink",), required=True),
        _day("time"),
        _count("impressions", "impressions", required=True),
        _count("engagements", "engagements", required=True),
        _count("reactions", "likes", "favorites"),
        _count("comments", "replies"),
        _count("shares", "retweets", required=True),
    ),
    identity="link",
    repeats="keep",
    tallies=(*_INTERACTIONS, *_REACH),
    cannot_feed=(*_OUTSIDERS, *_PAID),
)

X_PREMIUM = Source(
    key="x_premium_posts",
    title="X posts",
    function="marketing",
    system="X (Twitter)",
    fields=(
        Field("link", FieldKind.TEXT, ("post link", "post id"), required=True),
        _day("date"),
        _count("impressions", "impressions", required=True),
        _count("engagements", "engagements", required=True),
        _count("reactions", "likes"),
        _count("comments", "replies"),
        _count("shares", "reposts", required=True),
    ),
    identity="link",
    tallies=(*_INTERACTIONS, *_REACH),
    cannot_feed=(*_OUTSIDERS, *_PAID),
)

X_DAILY = Source(
    key="x_daily",
    title="X (Twitter), by day",
    function="marketing",
    system="X (Twitter)",
    fields=(
        _day("date", verb="shown"),
        _count("posts", "tweets published", "posts published", required=True),
        _count("impressions", "impressions", required=True),
        _count("engagements", "engagements", required=True),
    ),
    tallies=(Tally("posts", _.day, _.posts), *_REACH),
    cannot_feed=(("interactions_per_post", "no_reactions_column"), *_OUTSIDERS, *_PAID),
)

LINKEDIN_POSTS = Source(
    key="linkedin_posts",
    title="LinkedIn posts",
    function="marketing",
    system="LinkedIn",
    fields=(
        Field("link", FieldKind.TEXT, ("post link", "update link"), required=True),
        _day("created date"),
        Field("type", FieldKind.TEXT, ("content type", "post type", "update type")),
        _count("reactions", "likes", required=True),
        _count("comments", "comments", required=True),
        _count("shares", "reposts", "shares", required=True),
    ),
    identity="link",
    item=_.type,
    tallies=_INTERACTIONS,
    cannot_feed=(("engagement_rate", "in_daily_series"), *_OUTSIDERS),
)

LINKEDIN_DAILY = Source(
    key="linkedin_daily",
    title="LinkedIn page metrics, by day",
    function="marketing",
    system="LinkedIn",
    fields=(
        _day("date", verb="shown"),
        _count("organic", "impressions (organic)", required=True),
        _count("impressions", "impressions (total)", required=True),
        _count("clicks", "clicks (total)", required=True),
        _count("reactions", "reactions (total)", required=True),
        _count("comments", "comments (total)", required=True),
        _count("shares", "reposts (total)", "shares (total)", required=True),
    ),
    tallies=(
        Tally("post_impressions", _.day, _.impressions),
        Tally("organic_impressions", _.day, _.organic),
        Tally("engagements", _.day, _.clicks + _.reactions + _.comments + _.shares),
    ),
    cannot_feed=(("interactions_per_post", "in_list_of_posts"), *_OUTSIDERS),
)

LINKEDIN_CREATOR = Source(
    key="linkedin_creator_daily",
    title="LinkedIn creator analytics, by day",
    function="marketing",
    system="LinkedIn",
    fields=(
        _day("date", verb="shown"),
        _count("impressions", "impressions", required=True),
        _count("engagements", "engagements", required=True),
    ),
    tallies=_REACH,
    cannot_feed=(("interactions_per_post", "in_list_of_posts"), *_OUTSIDERS, *_PAID),
)

YOUTUBE_VIDEOS = Source(
    key="youtube_videos",
    title="YouTube Studio, by video",
    function="marketing",
    system="YouTube",
    fields=(
        Field("video", FieldKind.TEXT, ("content", "video id", "video"), required=True),
        _day("video publish time", "video publish date", "publish time"),
        _count("impressions", "views", required=True),
        _count("reactions", "likes"),
        _count("comments", "comments added", "comments"),
        _count("shares", "shares"),
    ),
    signs=("watch time (hours)", "video title", "impressions click-through rate (%)"),
    identity="video",
    tallies=(*_INTERACTIONS, _REACH[0]),
    cannot_feed=(*_OUTSIDERS, *_PAID),
)

META_CONTENT = Source(
    key="meta_content",
    title="Meta Business Suite content",
    function="marketing",
    system="Facebook",
    fields=(
        Field("post", FieldKind.TEXT, ("post id",), required=True),
        _day("publish time"),
        Field("type", FieldKind.TEXT, ("post type",)),
        _count("impressions", "views", "impressions"),
        _count("engagements", "reactions, comments and shares"),
        _count("reactions", "reactions", "likes", required=True),
        _count("comments", "comments", required=True),
        _count("shares", "shares", required=True),
    ),
    identity="post",
    item=_.type,
    tallies=(*_INTERACTIONS, *_REACH),
    cannot_feed=(*_OUTSIDERS, *_PAID),
)

FACEBOOK_PAGE = Source(
    key="facebook_page_posts",
    title="Facebook Page Insights posts",
    function="marketing",
    system="Facebook",
    fields=(
        Field("post", FieldKind.TEXT, ("post id",), required=True),
        _day("posted"),
        Field("type", FieldKind.TEXT, ("type",)),
        _count("impressions", "lifetime post total impressions", required=True),
        _count("organic", "lifetime post organic impressions"),
        _count("engaged", "lifetime engaged users"),
        _count("reach", "lifetime post total reach"),
        _count("reactions", "like"),
        _count("comments", "comment"),
        _count("shares", "share"),
    ),
    identity="post",
    item=_.type,
    tallies=(
        *_INTERACTIONS,
        _REACH[0],
        Tally("organic_impressions", _.day, _.organic),
        Tally("engaged_users", _.day, _.engaged),
        Tally("post_reach", _.day, _.reach),
    ),
    cannot_feed=(("engagement_rate", "rate_on_reach"), *_OUTSIDERS),
)

FACEBOOK_METRICS = Source(
    key="facebook_post_metrics",
    title="Facebook post metrics without dates",
    function="marketing",
    system="Facebook",
    dated=False,
    fields=(
        Field("month", FieldKind.COUNT, ("post month",), required=True),
        Field("type", FieldKind.TEXT, ("type",)),
        _count("reach", "lifetime post total reach", required=True),
        _count("impressions", "lifetime post total impressions", required=True),
        _count("engaged", "lifetime engaged users", required=True),
        _count("reactions", "like"),
        _count("comments", "comment"),
        _count("shares", "share"),
    ),
    tallies=(
        Tally("posts", _.as_of),
        Tally("reactions", _.as_of, _.reactions),
        Tally("comments", _.as_of, _.comments),
        Tally("shares", _.as_of, _.shares),
        Tally("engaged_users", _.as_of, _.engaged),
        Tally("post_reach", _.as_of, _.reach),
    ),
)
