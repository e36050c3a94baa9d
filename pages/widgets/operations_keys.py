"""Keys of the Operations screen."""

OPERATIONS_SHOWN = "operations_shown"
OPERATIONS_SCOPE = "operations_scope"
OPERATIONS_DAYS = "operations_days"
OPERATIONS_MENU = "operations_menu"
OPERATIONS_CHOICE = "operations_choice"
OPERATIONS_NUMBER = "operations_number"
OPERATIONS_SAVE = "operations_save"
