"""Advocacy: who recommends, and how many."""

from metrics.model import Better, BusinessFunction, Kpi, Measure, Timing
from metrics.units import COUNT, POINTS, SHARE

FUNCTION = BusinessFunction(
    key="advocacy",
    title="Advocacy",
    headline="net_promoter_score",
    measures=(
        Measure("promoters", "Promoters", COUNT, "Answers of 9 or 10 on 0–10, by answer month."),
        Measure("passives", "Passives", COUNT, "Answers of 7 or 8, by answer month."),
        Measure("detractors", "Detractors", COUNT, "Answers of 0 to 6, by answer month."),
        Measure("reviews", "Reviews", COUNT, "Reviews written, by date of the review."),
        Measure("recommendations", "Recommendations", COUNT,
                "Reviews that recommend, by date of the review."),
    ),
    kpis=(
        Kpi("net_promoter_score", "Net promoter score", POINTS,
            ("promoters", "-detractors"), ("promoters", "passives", "detractors"), Better.HIGHER,
            "Share of promoters minus share of detractors, in points from −100 to 100.",
            "Reichheld, Harvard Business Review, December 2003",
            "Two waves differ only when their interval says so; compare equal scales only.",
            scale=100, multinomial=True, timing=Timing.LAGGING),
        Kpi("advocacy_rate", "Advocacy rate", SHARE, ("recommendations",), ("reviews",),
            Better.HIGHER, "Share of reviews that recommend the company.",
            "Attune catalogue AD2, behaviour rather than intention",
            "Reviewers choose themselves.", proportion=True, timing=Timing.LAGGING),
    ),
)  # fmt: skip
