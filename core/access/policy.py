"""The one policy. Pure: it is handed the principal and what is asked, and reads nothing else."""

from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset
from core.domain.library import Action, Level, Shared, Visibility
from core.errors import NotAllowed, NotFound

#: What a person is told when a permission is missing.
_NEEDED_FOR: dict[Permission, str] = {
    Permission.VIEW_REPORTS: "open reports",
    Permission.EDIT_REPORTS: "create or change reports",
    Permission.MANAGE_EXPORTS: "download, send or cancel reports",
    Permission.MANAGE_SCHEDULES: "create, change or send schedules",
    Permission.SEE_SQL: "see the SQL behind a report",
    Permission.MANAGE_CATALOG: "change sources and datasets",
    Permission.WRITE_SQL: "write SQL for datasets",
    Permission.MANAGE_MEMBERS: "manage the people of this organization",
    Permission.MANAGE_INSTALLATION: "manage this installation",
}


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
            f"{dataset.label} is only for those who may {_NEEDED_FOR[dataset.needs]}. "
            "Ask an administrator of your organization."
        )


def require(principal: Principal, permission: Permission) -> None:
    """Return if `principal` holds `permission`; otherwise raise NotAllowed naming what it is for."""
    if not principal.may(permission):
        raise NotAllowed(
            f"Your role ({principal.role.replace('_', ' ')}) may not {_NEEDED_FOR[permission]}. "
            "Ask an administrator of your organization."
        )
