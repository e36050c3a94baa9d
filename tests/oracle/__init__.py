"""What a definition answers, worked out a second time in plain Python and pandas, from what the language means.

Nothing here knows how questions are compiled: only the domain's values and the expression parser are shared.
"""
