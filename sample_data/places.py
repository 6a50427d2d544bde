"""The 45 sites of Halden Tools, five in each region, most of them bought."""

from __future__ import annotations

from typing import NamedTuple


class Site(NamedTuple):
    """One site: plant code, city, country, region, continent, former company, year it joined."""

    code: str
    city: str
    country: str
    region: str
    continent: str
    acquired_from: str
    joined: int


_CITIES = {
    "DACH": ("DE", "Hannover Kassel Ulm Linz:AT Winterthur:CH"),
    "UK & Ireland": ("GB", "Sheffield Leeds Swindon Derby Cork:IE"),
    "France": ("FR", "Lyon Lille Nantes Metz Toulouse"),
    "Nordics": ("SE", "Västerås Göteborg Tampere:FI Aarhus:DK Drammen:NO"),
    "Benelux": ("NL", "Eindhoven Breda Gent:BE Liège:BE Tilburg"),
    "Iberia": ("ES", "Bilbao Zaragoza Getafe Porto:PT Braga:PT"),
    "US East": ("US", "Akron Rochester Charlotte Scranton Richmond"),
    "US West": ("US", "Tacoma Reno Fresno Boise Tucson"),
    "Canada": ("CA", "Hamilton Laval Kitchener Surrey Moncton"),
}
_FORMER = (
    "",
    "Kessel Werkzeuge",
    "Brigg Hand Tools",
    "Outils Vidal",
    "Stål och Skruv",
    "De Boer Techniek",
    "Forjas Ugalde",
    "Keystone Tool Works",
    "Cascade Drill",
    "Maple Leaf Fastening",
)


def _sites() -> tuple[Site, ...]:
    sites = []
    for number, (region, (home, cities)) in enumerate(_CITIES.items()):
        for place, entry in enumerate(cities.split()):
            city, _, abroad = entry.partition(":")
            country = abroad or home
            founding = number == 0 and place == 0
            former = "" if founding else _FORMER[(number + (place > 2)) % 9 + 1]
            joined = 1961 if founding else 1998 + (number * 5 + place * 3) % 24
            continent = "North America" if country in ("US", "CA") else "Europe"
            code = f"{country}{number * 5 + place + 1:02d}"
            sites.append(Site(code, city, country, region, continent, former, joined))
    return tuple(sites)


SITES = _sites()
