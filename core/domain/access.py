"""Who acts and what they may do: principals, permissions, roles."""

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
    MANAGE_MEMBERS = "manage_members"  #: people, roles and settings of the organization
    MANAGE_INSTALLATION = "manage_installation"  #: everything that spans organizations


#: The roles every organization starts with.
BUILT_IN_ROLES: dict[str, frozenset[Permission]] = {
    "viewer": frozenset({Permission.VIEW_REPORTS}),
    "editor": frozenset({Permission.VIEW_REPORTS, Permission.EDIT_REPORTS, Permission.MANAGE_EXPORTS}),
    "publisher": frozenset(
        {Permission.VIEW_REPORTS, Permission.EDIT_REPORTS, Permission.MANAGE_EXPORTS, Permission.MANAGE_SCHEDULES}
    ),
    "data_admin": frozenset(set(Permission) - {Permission.MANAGE_MEMBERS, Permission.MANAGE_INSTALLATION}),
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

    def may(self, permission: Permission) -> bool:
        """Whether the principal holds `permission`."""
        return permission in self.permissions
