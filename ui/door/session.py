"""Who is asking, for which client, and what the address says: the only user of session state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

import pandas as pd
import streamlit as st

from loop import readouts, reports, sample
from loop.readouts import Issued
from loop.reports import code_version
from metrics.assumptions import Assumptions
from metrics.business_case.part import ProgrammeCase, Scenario
from metrics.errors import AttuneError
from metrics.model import Profile, Snapshot
from metrics.outlook.scenarios import PlannedFutures
from metrics.outlook.teams import TeamOutlook
from metrics.report import Report
from metrics.units import write_in
from ui.door import addresses, cached, entrance, gate, here
from ui.door.streamlit import calling_page, this_run
from words import say
from workspaces import access, people, scratch
from workspaces.access import LOCAL, AccessDenied, Person, Role, Workspace
from workspaces.faults import StorageFault
from workspaces.store import Client

NEEDED: dict[str, Role] = {
    "data": Role.ANALYST,
    "assess": Role.ANALYST,
    "settings": Role.CONSULTANT,
}
"""The role a page asks for, where it is more than viewing."""
PUBLIC = ("methods",)
"""Pages that show no client's data: whoever signed in may read them."""


@dataclass(frozen=True)
class Session:
    """What every page needs to know before it shows anything; each read asks again."""

    workspace: Workspace
    client: Client

    @property
    def role(self) -> Role:
        """What the person may do with this client now."""
        return self.workspace.role or Role.EXECUTIVE

    @property
    def profile(self) -> Profile:
        return self.snapshot.profile

    @property
    def assumptions(self) -> Assumptions:
        return reports.assumptions(self.workspace, self.client.revision)

    @property
    def snapshot(self) -> Snapshot:
        ask_to_read(self.client.id)
        return cached.snapshot(self.client.id, self.client.revision)

    def report(self) -> Report:
        """Return the client's report; a part is loaded when it is touched."""
        ask_to_read(self.client.id)
        return cached.report(self.client.id, self.client.revision, code_version())

    def planned_futures(self) -> PlannedFutures:
        """Return the simulated futures of the revision, for trying plans."""
        ask_to_read(self.client.id)
        with st.spinner(say("outlook.simulating"), show_time=True):
            return cached.planned_futures(self.client.id, self.client.revision, code_version())

    def teams(self, kpi: str) -> TeamOutlook:
        """Return the forecasts of one KPI for every team."""
        ask_to_read(self.client.id)
        with st.spinner(say("outlook.simulating"), show_time=True):
            return cached.teams(self.client.id, self.client.revision, kpi, code_version())

    def what_if(self, chosen: Assumptions, scenario: Scenario) -> ProgrammeCase:
        """Return the case under other assumptions; nothing of it is kept in the store."""
        ask_to_read(self.client.id)
        changes = tuple(sorted(chosen.changes.items()))
        return cached.what_if(self.client.id, self.client.revision, changes, scenario)

    def issued(self, one: Issued) -> Report:
        """Return a report as it was issued: its bytes never change."""
        ask_to_read(self.client.id)
        return cached.issued_report(self.client.id, one.files[readouts.PARTS], one)


def guard() -> None:
    """Stop the page for anybody who may not see it. The first statement of every page.

    A page whose own address is the first thing a new server hears runs without ``app.py``; it is
    sent through the front door, which asks who it is and brings it back.
    """
    page = calling_page()
    if not st.session_state.pop("entered", False):
        st.session_state["wanted"] = (f"pages/{page.name}", st.query_params.to_dict())
        st.switch_page("app.py")
    addresses.follow(page.stem)
    if page.stem not in may_open(page.stem):
        needed = NEEDED.get(page.stem, Role.EXECUTIVE)
        entrance.show_refusal(say("errors.no_access", needed=say(f"access.role_{needed.value}")))
        st.stop()


def enter() -> None:
    """Let in whoever may come in, and go to the page that sent this run through ``app.py``.

    Everybody else is shown the way in, at the address they came for, and nothing after it.
    """
    wanted = st.session_state.pop("wanted", None)
    if wanted is not None:
        page, filters = wanted
        st.switch_page(page, query_params=filters)
    try:
        gate.check_server()
        clients()
    except StorageFault as fault:
        entrance.show_fault(fault)
        st.stop()
    except AttuneError as refused:
        entrance.sign_in(refused, sign_out if st.user.get("is_logged_in") else None)
        st.stop()
    st.session_state["entered"] = True


def may_open(*pages: str) -> frozenset[str]:
    """Return those of the pages that this person may now open, for the client shown."""
    try:
        identifier = client_id()
        if identifier is None:
            held = Role.ADMINISTRATOR if administers() else Role.EXECUTIVE
        else:
            held = workspace(identifier).role
    except AttuneError:
        return frozenset()
    return frozenset(
        page
        for page in pages
        if page in PUBLIC or (held and held.reaches(NEEDED.get(page, Role.EXECUTIVE)))
    )


def _answers_of_run() -> dict[str, Any]:
    """Return the answers this run of a page has had already; a click asks everything anew."""
    run = this_run()
    if run is None:
        return {}
    asked_in, answers = st.session_state.get("asked", (None, {}))
    if asked_in is not run:
        answers = {}
        st.session_state["asked"] = (run, answers)
    return answers


def person() -> Person | None:
    """Return who is asking; None for the holder of a shared link.

    Raises
    ------
    AccessDenied
        Nobody who may come in: the code says why.
    """
    answers = _answers_of_run()
    if "person" not in answers:
        answers["person"] = _person()
    return answers["person"]


def ask_to_read(client: str) -> None:
    """Ask, once a run, whether this person may see a client; AccessDenied if not."""
    answers = _answers_of_run()
    if ("reads", client) not in answers:
        workspace(client).revision()
        answers["reads", client] = True


def _person() -> Person | None:
    if not gate.is_configured():
        if not here.from_here(st.context.ip_address, st.context.headers):
            raise AccessDenied("loopback_only")
        return None if token() else LOCAL
    if token():
        return None
    claims = st.user.to_dict()
    email = gate.check_claims(cached.store(), claims)
    known = st.session_state.get("person")
    if known is None or known.email != email:
        # Once a session: an invitation becomes a role, which every call then asks for again.
        known = gate.admit(cached.store(), claims)
        st.session_state["person"] = known
    return known


def token() -> str:
    """Return the token of the shared link this session came by; "" for none."""
    given = st.query_params.get("link")
    if given:
        st.session_state["link"] = given
    return st.session_state.get("link", "")


def workspace(client: str) -> Workspace:
    """Return a client's workspace as this person may use it; every call of it asks again.

    Raises
    ------
    AccessDenied
        Nobody who may come in, or it is not theirs.
    """
    answers, who = _answers_of_run(), person()
    if ("workspace", client) not in answers:
        answers["workspace", client] = (
            access.enter_by_link(cached.store(), token(), client)
            if who is None
            else access.enter(cached.store(), who, client)
        )
    return answers["workspace", client]


def administers() -> bool:
    """Say whether this person may set up clients."""
    who = person()
    return who is not None and access.is_administrator(cached.store(), who)


def link_to(page: str, filters: Mapping[str, str]) -> str:
    """Return the whole address of a page with its filters."""
    here = urlsplit(st.context.url or "")
    folder = here.path.rsplit("/", 1)[0]
    return f"{here.scheme}://{here.netloc}{folder}/{page}?{urlencode(filters)}"


def leave_link() -> None:
    """Forget the shared link and go on as oneself."""
    _answers_of_run().clear()
    st.session_state.pop("link", None)
    st.query_params.clear()


def signs_in() -> bool:
    """Say whether people sign in here."""
    return gate.is_configured()


def everybody() -> pd.DataFrame:
    """Return everybody who ever signed in; for administrators."""
    _administrator()
    return people.everybody(cached.store())


def _administrator() -> Person:
    who = person()
    if who is None or not access.is_administrator(cached.store(), who):
        raise AccessDenied("no_access", needed=Role.ADMINISTRATOR.value)
    return who


def _remove(email: str) -> None:
    people.remove_person(cached.store(), _administrator().email, email)


def _appoint(email: str) -> None:
    people.appoint(cached.store(), _administrator().email, email, True)


def _dismiss(email: str) -> None:
    people.appoint(cached.store(), _administrator().email, email, False)


DEEDS: dict[str, Callable[[str], None]] = {
    "appoint": _appoint,
    "dismiss": _dismiss,
    "remove": _remove,
}
"""What an administrator may do with a person, beyond the roles for single clients."""


def backup_maker() -> Callable[[], bytes]:
    """Return what makes a backup when clicked, for whoever is administrator then."""
    who, opened = _administrator(), cached.store()

    def made() -> bytes:
        with scratch.folder() as folder:
            path = folder / "backup"
            access.back_up(opened, who, path)
            return path.read_bytes()

    return made


def forget_client() -> None:
    """Show a deleted client no more, and keep nothing that was computed."""
    cached.forget(st.session_state.pop("client", "") or "")
    st.query_params.pop("client", None)


def sign_out() -> None:
    """End the session here and in every other window."""
    gate.end_sign_in(cached.store(), st.user.to_dict())
    st.session_state.clear()
    st.logout()


def protect_maker(make: Callable[[], bytes | str]) -> Callable[[], bytes] | None:
    """Return what makes a file behind the access check; None where nothing may be taken away.

    Whoever holds a shared link looks, and carries no file away: nothing would say who has it.
    """
    who, identifier = person(), client_id()
    if who is None:
        return None
    return gate.protect(workspace(identifier) if identifier else None, who.email, make)


def clients() -> tuple[Client, ...]:
    """Return the clients this person may open, by name."""
    answers = _answers_of_run()
    if "clients" not in answers:
        found = access.clients(cached.store(), person(), token())
        answers["clients"] = tuple(_as_it_can_be_read(each) for each in found)
    return answers["clients"]


def _as_it_can_be_read(one: Client) -> Client:
    identifier, newest, revision, _ = st.session_state.get("older", ("", 0, 0, None))
    same = (one.id, one.revision) == (identifier, newest)
    return replace(one, revision=revision) if same else one


def show_older_revision(fault: StorageFault) -> None:
    """Show the page of the revision before, where the newest one cannot be read any more."""
    shown = {each.id: each.revision for each in clients()}
    identifier = client_id() or ""
    revision = shown.get(identifier, 1) - 1
    if fault.code != "disk_damaged" or revision < 1:
        return
    newest = workspace(identifier).revision()
    st.session_state["older"] = (identifier, newest, revision, fault)
    st.rerun()


def last_good() -> tuple[StorageFault, int | None] | None:
    """Return why a page shows what could be read last, and which revision if an older one."""
    identifier, _, revision, fault = st.session_state.get("older", ("", 0, 0, None))
    if fault and (identifier, revision) in {(each.id, each.revision) for each in clients()}:
        return fault, revision
    standing = cached.store().last.fault
    return (standing, None) if standing else None


def client_id() -> str | None:
    """Return the client the address or this session points to, if this person may open it."""
    known = {client.id for client in clients()}
    wanted = st.query_params.get("client") or st.session_state.get("client")
    if wanted in known:
        st.session_state["client"] = wanted
        return wanted
    return next(iter(known)) if len(known) == 1 else None


def choose(identifier: str) -> None:
    """Make a client the one shown, here and in the address."""
    _answers_of_run().pop("clients", None)
    st.session_state["client"] = identifier
    to_address(client=identifier, **({"link": token()} if token() else {}))


def open_client() -> Session:
    """Return the session for the chosen client; without one, show the way in and stop."""
    identifier = client_id()
    if identifier is None:
        entrance.welcome(open_sample, new_client, administers())
        st.stop()
    chosen = next(client for client in clients() if client.id == identifier)
    opened = workspace(identifier)
    write_in((opened.document("brand") or {}).get("locale", ""))
    return Session(opened, chosen)


def open_sample() -> None:
    """Load the sample company once and show it."""
    with st.spinner(say("page.welcome.loading")):
        identifier, _ = sample.load_sample(cached.store(), LOCAL)
    choose(identifier)


def new_client(profile: Profile) -> None:
    """Create a client and show it."""
    choose(access.create_client(cached.store(), _administrator(), profile))


def remember(key: str, value: Any) -> None:
    """Keep a value for this person's session, such as files that await saving."""
    st.session_state[f"kept.{key}"] = value


def recall(key: str) -> Any:
    """Return what was remembered under ``key``, or None."""
    return st.session_state.get(f"kept.{key}")


def from_address(key: str, allowed: Mapping[str, str] | tuple[str, ...], default: str) -> str:
    """Return the value of a filter in the address, if it is one of ``allowed``."""
    value = st.query_params.get(key, default)
    return value if value in allowed else default


def to_address(**filters: str) -> None:
    """Write filters to the address, so that a link shows what its sender saw."""
    for key, value in filters.items():
        if st.query_params.get(key) != value:
            st.query_params[key] = value
