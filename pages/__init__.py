"""The screens: Streamlit pages over the services; no rule of the product is decided here."""
