"""Broadsheet's core: everything but the screens and the daemon's clock; neither streamlit nor apscheduler in it."""
