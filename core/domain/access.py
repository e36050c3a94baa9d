"""Who acts and what they may do: principals, permissions, the roles there are from the start."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Permission(StrEnum):
    """Named permissions; a role is a set of them."""

    VIEW_REPORTS = "view_reports"  #: open reports, dashboards and their runs
    EDIT_REPORTS = "edit_reports"  #: create, change and archive reports
    MANAGE_EXPORTS = "manage_exports"  #: make and download files, retry and cancel runs
    MANAGE_SCHEDULES = "manage_schedules"  #: create, change, pause, send now and delete schedules
    SEE_SQL = "see_sql"  #: see the compiled SQL
    MANAGE_CATALOG = "manage_catalog"  #: sources and datasets
    WRITE_SQL = "write_sql"  #: datasets made of saved SQL
    MANAGE_POLICIES = "manage_policies"  #: who sees which rows and fields of a dataset, and personal data
    VIEW_AUDIT = "view_audit"  #: read and export what was done by whom
    MANAGE_MEMBERS = "manage_members"  #: people, roles and settings of the organization
    MANAGE_INSTALLATION = "manage_installation"  #: everything that spans organizations


#: What each permission is for, after "may".
IN_WORDS: dict[Permission, str] = {
    Permission.VIEW_REPORTS: "open reports",
    Permission.EDIT_REPORTS: "create or change reports",
    Permission.MANAGE_EXPORTS: "download, send or cancel reports",
    Permission.MANAGE_SCHEDULES: "create, change or send schedules",
    Permission.SEE_SQL: "see the SQL behind a report",
    Permission.MANAGE_CATALOG: "change sources and datasets",
    Permission.WRITE_SQL: "write SQL for datasets",
    Permission.MANAGE_POLICIES: "decide who sees which data",
    Permission.VIEW_AUDIT: "see what was done by whom",
    Permission.MANAGE_MEMBERS: "manage the people of this organization",
    Permission.MANAGE_INSTALLATION: "manage this installation",
}

#: The roles every organization starts with.
BUILT_IN_ROLES: dict[str, frozenset[Permission]] = {
    "viewer": frozenset({Permission.VIEW_REPORTS}),
    "editor": frozenset({Permission.VIEW_REPORTS, Permission.EDIT_REPORTS, Permission.MANAGE_EXPORTS}),
    "publisher": frozenset(
        {Permission.VIEW_REPORTS, Permission.EDIT_REPORTS, Permission.MANAGE_EXPORTS, Permission.MANAGE_SCHEDULES}
    ),
    "data_admin": frozenset(
        set(Permission) - {Permission.VIEW_AUDIT, Permission.MANAGE_MEMBERS, Permission.MANAGE_INSTALLATION}
    ),
    "organization_admin": frozenset(set(Permission) - {Permission.MANAGE_INSTALLATION}),
    "installation_admin": frozenset(Permission),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A signed-in person acting inside one organization."""

    user_id: UUID
    organization_id: UUID
    email: str
    name: str
    organization: str
    role: str
    permissions: frozenset[Permission]
    timezone: str = "UTC"
    by_token: bool = False  #: an API token speaks for them, and may not make more of its kind

    def may(self, permission: Permission) -> bool:
        """Whether the principal holds `permission`."""
        return permission in self.permissions


def permission_words(permissions: Collection[Permission]) -> str:
    """Return what permissions allow, as a text to stand after "may"."""
    return "; ".join(IN_WORDS[one] for one in in_order(permissions))


def in_order(permissions: Collection[Permission]) -> tuple[Permission, ...]:
    """Return permissions from the least to the most."""
    return tuple(one for one in Permission if one in permissions)


def role_words(name: str) -> str:
    """Return a role's name as people read it: "data admin"."""
    return name.replace("_", " ")
