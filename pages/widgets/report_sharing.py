"""Who may see and change a report or a dashboard: the dialog that shows it, changes it, and gives the thing away."""

from collections.abc import Sequence

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.dashboard import Dashboard
from core.domain.library import Action, Grant, GrantKind, Level, ReportLine, Sharing, Visibility
from core.errors import BroadsheetError
from core.services.report_sharing import Audience, SharingService
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem

VISIBILITIES = {
    Visibility.PRIVATE: "Only me",
    Visibility.SHARED: "Some people and groups",
    Visibility.ORGANIZATION: "Everybody here",
}
LEVELS = {Level.VIEW: "may look", Level.EDIT: "may change it"}
_ICONS = {GrantKind.USER: ":material/person:", GrantKind.GROUP: ":material/group:"}


def open_sharing(thing: ReportLine | Dashboard) -> None:
    """Open the dialog on what is kept."""
    for key in (keys.REPORT_GRANTS, keys.REPORT_VISIBILITY, keys.REPORT_EVERYONE):
        st.session_state.pop(key, None)
    if isinstance(thing, Dashboard):
        _dashboard_sharing(thing)
    else:
        _sharing(thing)


@st.dialog("Who sees this report", width="medium")
def _sharing(line: ReportLine) -> None:
    _draw(line)


@st.dialog("Who sees this dashboard", width="medium")
def _dashboard_sharing(dashboard: Dashboard) -> None:
    _draw(dashboard)
    st.caption("A report on it that is not shared with somebody says so in its place on their screen.")


def _service(thing: ReportLine | Dashboard) -> SharingService:
    services = broadsheet()
    return services.dashboard_sharing if isinstance(thing, Dashboard) else services.sharing


def _draw(line: ReportLine | Dashboard) -> None:
    principal = guard(Permission.VIEW_REPORTS)
    service = _service(line)
    try:
        kept = service.get(principal, line.id)
        audience = service.audience(principal)
    except BroadsheetError as error:
        problem(error)
        return
    st.markdown(f"**{words.plain(line.name)}** belongs to {words.plain(line.owner_name)}.")
    may_share = broadsheet().library.may(principal, Action.SHARE, line)
    asked = _asked(kept, audience, may_share=may_share)
    if not may_share:
        st.caption("Its owner and administrators can change this.")
        return
    _save(principal, line, asked)
    _give(principal, line, audience)


def _asked(kept: Sharing, audience: Audience, *, may_share: bool) -> Sharing:
    """Draw who may do what; return what is on the screen."""
    visibility = st.segmented_control(
        "Visible for",
        list(VISIBILITIES),
        key=keys.REPORT_VISIBILITY,
        default=kept.visibility,
        format_func=lambda item: VISIBILITIES[item],
        required=True,
        disabled=not may_share,
    )
    visibility = visibility or kept.visibility
    everyone = kept.everyone
    if visibility is Visibility.ORGANIZATION:
        everyone = st.segmented_control(
            "Everybody",
            list(LEVELS),
            key=keys.REPORT_EVERYONE,
            default=kept.everyone,
            format_func=lambda item: LEVELS[item],
            required=True,
            disabled=not may_share,
            help="Changing also takes a role that may change reports.",
        )
    grants: tuple[Grant, ...] = ()
    if visibility is Visibility.PRIVATE:
        st.caption("Administrators of the organization can see it too, so that nothing is lost when somebody leaves.")
    elif visibility is Visibility.SHARED or everyone is Level.VIEW:
        grants = _grants(kept, audience, may_share=may_share)
    return Sharing(visibility=visibility, everyone=everyone or kept.everyone, grants=grants)


def _grants(kept: Sharing, audience: Audience, *, may_share: bool) -> tuple[Grant, ...]:
    """Draw who it is shared with; what is on the screen stays there until it is saved."""
    grants: list[Grant] = st.session_state.setdefault(keys.REPORT_GRANTS, list(kept.grants))
    for grant in grants:
        with st.container(horizontal=True, vertical_alignment="center", key=f"report_grant_{grant.id}"):
            st.markdown(f"{_ICONS[grant.kind]} {words.plain(grant.name)}", width="stretch")
            st.segmented_control(
                f"What {grant.name} may do",
                list(LEVELS),
                key=f"report_grant_level_{grant.id}",
                default=grant.level,
                format_func=lambda item: LEVELS[item],
                label_visibility="collapsed",
                required=True,
                disabled=not may_share,
            )
            if may_share:
                st.button(
                    f"Take {words.plain(grant.name)} out",
                    icon=":material/close:",
                    key=f"report_grant_gone_{grant.id}",
                    help=f"Take {grant.name} out",
                    type="tertiary",
                    on_click=grants.remove,
                    args=(grant,),
                )
    if may_share:
        _add(grants, audience)
    return tuple(_with_level(grant) for grant in grants)


def _add(grants: list[Grant], audience: Audience) -> None:
    taken = {grant.id for grant in grants}
    free = [grant for grant in (*audience.groups, *audience.people) if grant.id not in taken]

    def add() -> None:
        chosen = st.session_state.get(keys.REPORT_GRANT_WHO)
        if chosen is not None:
            grants.append(chosen)
            st.session_state[keys.REPORT_GRANT_WHO] = None

    st.selectbox(
        "Share with",
        free,
        index=None,
        key=keys.REPORT_GRANT_WHO,
        format_func=lambda one: f"{one.name}{' (group)' if one.kind is GrantKind.GROUP else ''}",
        placeholder="A person or a group",
        on_change=add,
    )


def _with_level(grant: Grant) -> Grant:
    level = st.session_state.get(f"report_grant_level_{grant.id}") or grant.level
    return Grant(kind=grant.kind, id=grant.id, level=level, name=grant.name)


def _save(principal: Principal, line: ReportLine | Dashboard, asked: Sharing) -> None:
    try:
        paused = _service(line).would_pause(principal, line.id, asked)
    except BroadsheetError as error:
        problem(error)
        return
    if paused:
        st.warning(
            f"{_listed(paused)} will be paused: the owner could not see what they send any more.",
            icon=":material/pause_circle:",
        )
    if st.button("Save who sees it", type="primary", key=keys.REPORT_GO):
        try:
            _service(line).share(principal, line.id, asked)
        except BroadsheetError as error:
            problem(error)
        else:
            st.toast("Saved", icon=":material/check:")
            st.rerun()


def _give(principal: Principal, line: ReportLine | Dashboard, audience: Audience) -> None:
    with st.expander("Give it to somebody else"):
        others = [person for person in audience.people if person.id != line.owner_id]
        to = st.selectbox(
            "New owner",
            others,
            index=None,
            key=keys.REPORT_OWNER,
            format_func=lambda one: one.name,
            placeholder="A person",
        )
        st.caption("They decide from then on who sees it. Schedules keep their owners.")
        if st.button("Give it away", key="report_give", disabled=to is None) and to is not None:
            try:
                _service(line).give(principal, line.id, owner=to.id)
            except BroadsheetError as error:
                problem(error)
            else:
                st.toast(f"It belongs to {to.name} now", icon=":material/check:")
                st.rerun()


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{words.plain(name)}”" for name in names)
