"""The one policy. Pure: it is handed the principal and what is asked, and reads nothing else."""

from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset
from core.errors import NotAllowed

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
