"""What an authenticator app needs, drawn: the picture to scan, the same as text, and the codes to keep."""

from collections.abc import Sequence

import segno
import streamlit as st

from core.domain.sign_in import FactorOffer


def draw_offer(offer: FactorOffer) -> None:
    """Draw the QR code, made here and sent nowhere, and the secret for who cannot scan it."""
    picture = segno.make(offer.uri, error="m").svg_data_uri(scale=5, border=3, dark="#1C2024", light="#FFFFFF")
    grouped = " ".join(offer.secret[at : at + 4] for at in range(0, len(offer.secret), 4))
    st.html(
        f'<img class="bs-qr" alt="QR to scan with an authenticator app" src="{picture}">'
        f'<p class="bs-quiet">Or type this into the app: <code class="bs-secret">{grouped}</code></p>'
    )


def draw_codes(codes: Sequence[str]) -> None:
    """Draw recovery codes, which are shown this once. No file is offered: its address would need no session."""
    st.html('<h2 class="bs-part">Keep these recovery codes</h2>')
    st.caption("Each signs you in once if you lose your phone. They are not shown again.")
    st.code("\n".join(codes), language=None)
