"""The kind an unknown table comes closest to, by what the words of its headings speak of.

Headings nobody listed are still made of the words of the trade: ``Raised On`` and ``Opened`` are
both when a request began. Each field speaks of some ideas (those of its name and of the headings
it is known by); a heading speaks of others; a kind is near where a table's headings speak of what
it needs. Only a name is offered by this, never a column: words are too loose to read figures by.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from ingest.mapping import normal
from ingest.source import Field, Source
from ingest.sources import SOURCES

IDEAS = """
begin: created create creation opened open raised submitted submit submission logged start
  reported received asked erstellt angelegt eröffnet posting posted published
end: closed close closing resolved resolution solved completed finished done ended erledigt
change: updated modified changed update last edited
day: date day time datetime datum on at timestamp tag zeit month
ticket: ticket case incident request issue inquiry vorgang anfrage störung
number: id number no nr key nummer num identifier token
state: status state stage phase zustand lifecycle
deal: deal opportunity opp pipeline
lead: lead contact prospect interessent
money: amount value total price sum spend spent cost costs expenditure paid wert betrag net
  kosten preis revenue
order: order po purchase bestellung einkaufsbeleg
line: line item position posten detail
supplier: supplier vendor lieferant creditor kreditor payee merchant
deliver: delivery delivered deliver scheduled shipped shipment arrival promised lieferdatum
contract: contract agreement outline framework vertrag
group: group team queue department unit desk assignment region country agency organisation
channel: channel via source origin medium type
campaign: campaign ad adset advertising kampagne
seen: impressions impression impr views viewed view reach reached shown
click: clicks click clicked klicks ctr
react: reactions reaction likes like favorites favourites
comment: comments comment replies reply answers answer
share: shares share retweets retweet reposts repost reshares
engaged: engagements engagement engaged interactions
post: post posts tweet tweets update content topic topics thread video permalink
link: link url permalink
convert: conversions conversion converted convert results
score: score nps rating recommend likelihood promoter detractor
response: response respondent survey feedback
reopen: reopen reopened reopens reassignment
priority: priority urgency impact severity
sla: sla breach due deadline
accept: accepted accept solution solved solutions
quantity: quantity qty menge units
movement: movement material goods receipt plant
person: user username member person agent owner
right: admin moderator trust staff
job: job vacancy position requisition opening hire
project: project sprint epic story
won: won win lost
"""
_OF_WORD = {
    word: line.split(":")[0]
    for line in re.sub(r"\n\s+", " ", IDEAS.strip()).split("\n")
    for word in line.split(":")[1].split()
}
STRANGE = 0.3
"""Weight of an idea no kind speaks of: it makes a heading a little less alike."""
ALIKE = 0.5
"""Share of the ideas of two headings, by weight, that must agree."""
LEAST_SHARE, LEAST_FIELDS, LEAST_SCORE = 0.5, 3, 4.0
"""Share of what a kind needs that must be spoken of, its fields in all, and their weight."""


def nearest_by_words(header: Sequence[str]) -> Source | None:
    """Return the kind of export headings speak of most, None where they say too little."""
    heads = [ideas(heading) for heading in header]
    spoken = [{field.key: _phrases(field) for field in source.fields} for source in SOURCES]
    weight = _weights(spoken)
    best, best_score = None, LEAST_SCORE
    for source, phrases in zip(SOURCES, spoken, strict=True):
        found = _assign(heads, phrases, weight)
        needed = [field.key for field in source.fields if field.required]
        share = sum(key in found for key in needed) / len(needed)
        score = share * sum(found.values())
        if share >= LEAST_SHARE and len(found) >= LEAST_FIELDS and score > best_score:
            best, best_score = source, score
    return best


Ideas = frozenset[str]


@lru_cache(maxsize=65_536)
def ideas(heading: str) -> Ideas:
    """Return what a heading speaks of."""
    words = normal(re.sub(r"([a-z])([A-Z])", r"\1 \2", heading)).split()
    return frozenset(_OF_WORD.get(word, word) for word in words if not word.isdigit())


def _phrases(field: Field) -> list[Ideas]:
    named = [alias for alias in field.aliases if not alias.startswith("~")]
    return [ideas(field.key.replace("_", " ")), *(ideas(alias) for alias in named)]


def _weights(spoken: Sequence[Mapping[str, list[Ideas]]]) -> Mapping[str, float]:
    """Return how telling each idea is: the fewer kinds speak of it, the more."""
    known = Counter(
        idea for kind in spoken for idea in frozenset().union(*itertools.chain(*kind.values()))
    )
    return {
        idea: math.log((len(spoken) + 1) / (count + 0.5)) + 0.2 for idea, count in known.items()
    }


def _assign(
    heads: Sequence[Ideas], phrases: Mapping[str, list[Ideas]], weight: Mapping[str, float]
) -> dict[str, float]:
    """Return field → weight of what its best heading shares with it, no heading twice."""
    fits = []
    for key, known in phrases.items():
        for column, head in enumerate(heads):
            pairs = [(_sum(head & one, weight), _sum(head | one, weight)) for one in known]
            share, shared = max((both / (every or 1), both) for both, every in pairs)
            if share >= ALIKE:
                fits.append((share, shared, key, column))
    found: dict[str, float] = {}
    taken: set[int] = set()
    for share, shared, key, column in sorted(fits, reverse=True):
        if key not in found and column not in taken:
            found[key] = share * shared
            taken.add(column)
    return found


def _sum(some: Ideas, weight: Mapping[str, float]) -> float:
    return sum(weight.get(idea, STRANGE) for idea in some)
