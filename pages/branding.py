"""The look of an organization's files: its colour, logo and paper, beside a made-up report that has them."""

from urllib.parse import urlencode

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.branding import Branding, PaperSize
from core.errors import BroadsheetError
from pages.widgets import words
from pages.widgets.app import broadsheet, guard
from pages.widgets.screen import entered
from pages.widgets.states import problem

COLOUR = "branding_colour"
OWN = "branding_own_colour"
PAPER = "branding_paper"
LOGO = "branding_logo"
REVISION = "branding_revision"
NOTICE = "branding_notice"
SAVE = "branding_save"
REMOVE = "branding_remove_logo"
#: Where a colour of one's own starts: Broadsheet's.
_FIRST_COLOUR = "#a4262c"
_PAPERS = {PaperSize.A4: "A4", PaperSize.LETTER: "Letter"}
_LOGO_MB = 2
_PREVIEW_HEIGHT = 620


def fill(branding: Branding) -> None:
    """Start from what is saved."""
    st.session_state[OWN] = branding.accent is not None
    st.session_state[COLOUR] = branding.accent or _FIRST_COLOUR
    st.session_state[PAPER] = branding.paper


def chosen(saved: Branding) -> Branding:
    """Return what the controls say, with the saved logo."""
    accent = st.session_state[COLOUR] if st.session_state[OWN] else None
    return Branding(accent=accent, logo=saved.logo, paper=st.session_state[PAPER])


def save(look: Branding) -> None:
    """Keep colour and paper."""
    try:
        broadsheet().branding.change(guard(Permission.MANAGE_MEMBERS), accent=look.accent, paper=look.paper)
    except BroadsheetError as error:
        st.session_state[NOTICE] = error
        return
    st.toast("Files look like this from now on", icon=":material/check:")


def keep_logo(key: str) -> None:
    """Keep an uploaded picture as the logo; the uploader starts anew, so that the same file can be given again."""
    file = st.session_state.get(key)
    if file is None:
        return
    st.session_state[REVISION] = st.session_state.get(REVISION, 0) + 1
    try:
        broadsheet().branding.put_logo(guard(Permission.MANAGE_MEMBERS), file.getvalue())
    except BroadsheetError as error:
        st.session_state[NOTICE] = error


def remove_logo() -> None:
    """Go back to files without a logo."""
    try:
        broadsheet().branding.remove_logo(guard(Permission.MANAGE_MEMBERS))
    except BroadsheetError as error:
        st.session_state[NOTICE] = error


def colour_and_paper() -> None:
    """Draw the choices that are saved together."""
    st.html('<h2 class="bs-part">Colour</h2>')
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle("A colour of your own", key=OWN)
        if st.session_state[OWN]:
            st.session_state.setdefault(COLOUR, _FIRST_COLOUR)
            st.color_picker("Colour", key=COLOUR, label_visibility="collapsed")
            st.caption(st.session_state[COLOUR].upper(), width="content")
    st.caption("For titles' rules, headers and the first colour of charts. Reports stay readable in print.")
    st.html('<h2 class="bs-part">Paper</h2>')
    st.segmented_control(
        "Paper",
        list(_PAPERS),
        key=PAPER,
        format_func=lambda paper: _PAPERS[paper],
        label_visibility="collapsed",
        required=True,
    )
    st.caption("What PDFs are set for, unless a download or a schedule says otherwise.")


def logo(saved: Branding) -> None:
    """Draw the logo and what replaces it; both take effect at once."""
    st.html('<h2 class="bs-part">Logo</h2>')
    if saved.logo is not None:
        with st.container(horizontal=True, vertical_alignment="center", key="branding_present_logo"):
            st.image(saved.logo.png, width=min(220, saved.logo.width))
            st.button("Remove logo", key=REMOVE, type="tertiary", on_click=remove_logo)
    key = f"{LOGO}_{st.session_state.get(REVISION, 0)}"
    st.file_uploader(
        "Another logo" if saved.logo else "A logo",
        type=["png", "jpg", "jpeg"],
        key=key,
        max_upload_size=_LOGO_MB,
        on_change=keep_logo,
        args=(key,),
        label_visibility="collapsed",
    )
    st.caption(f"PNG or JPEG, up to {_LOGO_MB} MB; about three times as wide as high looks best.")


def preview(principal: Principal, look: Branding) -> None:
    """Draw a made-up report in the look chosen, saved or not."""
    service = broadsheet().branding
    st.html('<div class="bs-eyebrow">A report in this look</div>')
    page = service.sample(principal, look, "html").decode()
    st.iframe(page, height=_PREVIEW_HEIGHT, alt="A made-up report in this look")
    asked = urlencode({"accent": look.accent or "", "paper": look.paper})
    st.link_button("The same as a PDF", f"/saved/look.pdf?{asked}", icon=":material/download:", type="tertiary")


principal = guard(Permission.MANAGE_MEMBERS)
try:
    saved = broadsheet().branding.get(principal)
except BroadsheetError as error:
    problem(error)
    st.stop()
if entered("branding") or PAPER not in st.session_state:
    fill(saved)
st.title("Look of files", anchor=False)
st.html(f'<p class="bs-lead">What the files and mails of {words.html(principal.organization)} look like.</p>')
notice = st.session_state.pop(NOTICE, None)
if notice is not None:
    problem(notice)
left, right = st.columns([4, 7], gap="large")
with left:
    colour_and_paper()
    look = chosen(saved)
    st.button("Save look", type="primary", key=SAVE, on_click=save, args=(look,), disabled=look == saved)
    logo(saved)
with right:
    preview(principal, look)
