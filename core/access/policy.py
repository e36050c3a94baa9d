"""The one policy. Pure: it is handed the principal and what is asked, and reads nothing else."""

from collections.abc import Collection

from core.domain.access import IN_WORDS, Permission, Principal, in_order, role_words
from core.domain.dataset import Dataset
from core.domain.library import Action, Level, Shared, Visibility
from core.errors import NotAllowed, NotFound


def sees_everything(principal: Principal) -> bool:
    """Whether what is private to others exists for `principal`: somebody must be able to hand over what was left."""
    return principal.may(Permission.MANAGE_MEMBERS)


def can(principal: Principal, action: Action, shared: Shared) -> bool:
    """Whether `principal` may do `action` to a report or whatever else is shared like one.

    The database asks the same of every report that a person reads (policy `person` of its table).
    """
    if not principal.may(Permission.VIEW_REPORTS):
        return False
    is_own = shared.owner_id == principal.user_id or sees_everything(principal)
    is_for_all = shared.visibility is Visibility.ORGANIZATION
    granted = None if shared.visibility is Visibility.PRIVATE else shared.granted
    match action:
        case Action.VIEW:
            return is_own or is_for_all or granted is not None
        case Action.EDIT:
            may_edit = is_own or (is_for_all and shared.everyone is Level.EDIT) or granted is Level.EDIT
            return may_edit and principal.may(Permission.EDIT_REPORTS)
        case Action.SHARE:
            return is_own and principal.may(Permission.EDIT_REPORTS)


def require_can(principal: Principal, action: Action, shared: Shared) -> None:
    """Return if `principal` may do `action`; raises NotFound for what does not exist for them, else NotAllowed."""
    if can(principal, action, shared):
        return
    require(principal, Permission.VIEW_REPORTS)
    if not can(principal, Action.VIEW, shared):
        raise NotFound("It does not exist, or you may not see it.")
    if action is not Action.VIEW:
        require(principal, Permission.EDIT_REPORTS)
    what = "change" if action is Action.EDIT else "share, give away or delete"
    raise NotAllowed(f"You may look at {shared.name}, not {what} it. Ask its owner, {shared.owner_name}.")


def may_ask(principal: Principal, dataset: Dataset) -> bool:
    """Whether `principal` may see a dataset and ask it anything."""
    return principal.may(Permission.VIEW_REPORTS) and principal.may(dataset.needs)


def require_dataset(principal: Principal, dataset: Dataset) -> None:
    """Return if `principal` may ask `dataset`; otherwise raise NotAllowed saying who may."""
    require(principal, Permission.VIEW_REPORTS)
    if not principal.may(dataset.needs):
        raise NotAllowed(
            f"{dataset.label} is only for those who may {IN_WORDS[dataset.needs]}. "
            "Ask an administrator of your organization."
        )


def require(principal: Principal, permission: Permission) -> None:
    """Return if `principal` holds `permission`; otherwise raise NotAllowed naming what it is for."""
    if not principal.may(permission):
        raise NotAllowed(
            f"Your role ({role_words(principal.role)}) may not {IN_WORDS[permission]}. "
            "Ask an administrator of your organization."
        )


def require_holds(principal: Principal, permissions: Collection[Permission], *, place: str | None = None) -> None:
    """Return if `principal` holds all of `permissions`, else raise NotAllowed: nobody gives more than they hold."""
    missing = in_order(set(permissions) - principal.permissions)
    if missing:
        words = ", ".join(IN_WORDS[one] for one in missing)
        raise NotAllowed(f"You may not give what you may not do yourself: {words}.", place=place)
