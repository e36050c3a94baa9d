"""Broadsheet's core: everything but the screens and the daemon's clock; it imports neither streamlit nor apscheduler."""
