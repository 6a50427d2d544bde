"""Write the exports of the fictional company Halden Tools, and the truth behind them.

``python sample_data/generate.py [folder]`` fills ``folder`` (this one unless told) with
``files/`` and ``truth.json``. The same seed gives the same bytes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from advertising import write_campaigns
from answers import write_answers
from books import (
    write_company,
    write_initiatives,
    write_operating_cost,
    write_programme_cost,
)
from company import SEED, simulate
from functions import write_figures, write_hires
from ledger import write_claims
from listening import write_community, write_customers, write_targets
from opportunities import write_opportunities
from orders import write_orders
from programme import INITIATIVES
from receipts import write_receipts
from social import write_register
from tickets import write_tickets
from truth import truth
from voices import write_contributions, write_survey


def generate(folder: Path) -> None:
    """Write all files below ``folder``."""
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    worlds = simulate(INITIATIVES)
    world = worlds.observed
    # One stream a file: changing one export leaves the others as they are.
    streams = iter(np.random.default_rng([SEED, 1]).spawn(8))
    write_tickets(files / "zendesk_tickets.csv", world, next(streams))
    write_opportunities(files / "salesforce_opportunities.xlsx", world, next(streams))
    write_campaigns(files / "google_ads_campaigns.csv", world, next(streams))
    write_receipts(files / "sap_goods_receipts.csv", world, next(streams))
    write_orders(files / "coupa_purchase_orders.xlsx", world, next(streams))
    write_answers(files / "maturity_answers.xlsx", next(streams), np.random.default_rng([SEED, 4]))
    write_survey(files / "qualtrics_nps.csv", next(streams))
    write_contributions(files / "community_contributions.csv", next(streams))
    write_company(files / "company.xlsx", world, np.random.default_rng([SEED, 2]))
    write_operating_cost(files / "operating_costs.xlsx", world)
    write_programme_cost(files / "programme_costs.xlsx")
    write_initiatives(files / "initiatives.xlsx")
    write_register(files / "programme_register.xlsx", np.random.default_rng([SEED, 3]))
    later = iter(np.random.default_rng([SEED, 5]).spawn(3))
    write_figures(files / "function_figures.xlsx", world)
    write_hires(files / "hires.csv", world, next(later))
    write_community(files / "community_records.xlsx", next(later))
    write_customers(files / "customers.csv", next(later))
    write_claims(files / "benefit_claims.xlsx")
    write_targets(files / "targets.xlsx")
    text = json.dumps(truth(worlds), ensure_ascii=False, separators=(",", ":"))
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    generate(target)
    print(f"seed {SEED}: {target}")
