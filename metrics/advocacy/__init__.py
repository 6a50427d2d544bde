"""Recommendation and what it is worth.

Behaviour (who referred, reviewed, answered) is preferred to intention (who says they would).
Advertising-value equivalents are not computed: they have no accepted meaning.
"""

from metrics.advocacy.chain import Chain, Link, advocacy_chain
from metrics.advocacy.customers import (
    ReferralPremium,
    customer_lifetime_value,
    lifetime_value_uplift,
    referral_premium,
)
from metrics.advocacy.network import (
    Concentration,
    advocate_share,
    concentration,
    earned_share,
    k_factor,
    peer_answer_share,
    relevance_weighted_network,
    share_of_voice,
)
from metrics.measures.promoters import (
    Difference,
    NetPromoterScore,
    compare_waves,
    net_promoter_score,
    net_promoter_score_of,
    nps_interval,
)

__all__ = [
    "Chain",
    "Concentration",
    "Difference",
    "Link",
    "NetPromoterScore",
    "ReferralPremium",
    "advocacy_chain",
    "advocate_share",
    "compare_waves",
    "concentration",
    "customer_lifetime_value",
    "earned_share",
    "k_factor",
    "lifetime_value_uplift",
    "net_promoter_score",
    "net_promoter_score_of",
    "nps_interval",
    "peer_answer_share",
    "referral_premium",
    "relevance_weighted_network",
    "share_of_voice",
]
