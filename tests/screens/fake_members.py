"""Members, invitations, roles, tokens and organizations in memory, with the signatures the screens call."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from core.domain.access import BUILT_IN_ROLES
from core.domain.invitation import Invitation, Invited
from core.domain.member import ApiToken, Belongings, Departed, Organization, ServiceAccount
from core.domain.role import Role
from core.errors import Conflict, InvalidAddress, InvalidInput

from . import fake_data as data

NIA, LOADER = data.make_id("invitation Nia"), data.make_id("service Loader")
SECOND = data.make_id("organization Second")


def _invitation(email, role="viewer", mailed_at=None):
    return Invitation(
        id=data.make_id(f"invitation {email}"), email=email, role=role, group_ids=(), invited_by=data.ADA,
        inviter="Ada Lovelace", invited_at=data.NOW, expires_at=data.NOW + timedelta(days=7), mailed_at=mailed_at,
    )  # fmt: skip


class FakeMembers:
    def __init__(self):
        self.done = []

    def belongings(self, principal, user_id):
        return Belongings(reports=2, dashboards=0, schedules=1)

    def change_role(self, principal, user_id, role):
        self.done.append(("role", user_id, role))

    def deactivate(self, principal, user_id):
        if user_id == principal.user_id:
            raise Conflict("Nobody else manages people.")
        self.done.append(("deactivated", user_id))
        return Departed(name="Ben Okri", paused=("Weekly",))

    def reactivate(self, principal, user_id):
        self.done.append(("reactivated", user_id))

    def remove(self, principal, user_id, *, hand_over_to=None):
        self.done.append(("removed", user_id, hand_over_to))
        return Departed(name="Ben Okri")


class FakeInvitations:
    def __init__(self):
        self.items = [_invitation("nia@example.com", mailed_at=data.NOW)]

    def list(self, principal):
        return tuple(self.items)

    def invite(self, principal, addresses, *, role, group_ids=()):
        for n, address in enumerate(addresses):
            if "@" not in address:
                raise InvalidAddress(f"{address} is no e-mail address.", place=f"addresses[{n}]")
        made = [_invitation(address, role) for address in addresses]
        self.items += made
        return tuple(Invited(invitation=one, link=f"http://localhost/invitation/{one.email}") for one in made)

    def resend(self, principal, invitation_id):
        return Invited(invitation=self.items[0], link="http://localhost/invitation/again")

    def withdraw(self, principal, invitation_id):
        self.items = [one for one in self.items if one.id != invitation_id]


class FakeRoles:
    def __init__(self):
        self.items = {
            data.make_id(f"role {name}"): Role(
                id=data.make_id(f"role {name}"), name=name, description="", permissions=held, is_built_in=True,
                people=1, version=1,
            )
            for name, held in BUILT_IN_ROLES.items()
        }  # fmt: skip

    def list(self, principal):
        return tuple(self.items.values())

    def get(self, principal, role_id):
        return self.items[role_id]

    def create(self, principal, draft):
        if not draft.name.strip():
            raise InvalidInput("Give the role a name.", place="name")
        made = Role(
            id=uuid4(), name=draft.name, description=draft.description, permissions=draft.permissions,
            is_built_in=False, people=0, version=1,
        )  # fmt: skip
        self.items[made.id] = made
        return made

    def change(self, principal, role_id, draft, *, expected_version=None):
        made = self.create(principal, draft)
        self.items[role_id] = replace(self.items.pop(made.id), id=role_id)
        return self.items[role_id]

    def delete(self, principal, role_id):
        del self.items[role_id]


class FakeTokens:
    def __init__(self):
        self.items = {}

    def list(self, principal):
        return tuple(self.items.values())

    def create(self, principal, *, name, expires_at=None, scopes=None):
        if not name.strip():
            raise InvalidInput("Give the token a name.", place="name")
        made = ApiToken(
            id=uuid4(), name=name, scopes=scopes, created_at=data.NOW, expires_at=expires_at, last_used_at=None
        )
        self.items[made.id] = made
        return made, "bsp_secret"

    def revoke(self, principal, token_id):
        del self.items[token_id]


class FakeServiceAccounts:
    def __init__(self):
        self.held = FakeTokens()
        self.items = {LOADER: _account(LOADER, "Loader", "editor")}

    def list(self, principal):
        return tuple(self.items.values())

    def create(self, principal, *, name, role):
        made = uuid4()
        self.items[made] = _account(made, name, role)
        return made

    def change_role(self, principal, account_id, role):
        self.items[account_id] = replace(self.items[account_id], role=role)

    def remove(self, principal, account_id):
        del self.items[account_id]

    def tokens(self, principal, account_id):
        return self.held.list(principal)

    def create_token(self, principal, account_id, *, name, expires_at=None, scopes=None):
        return self.held.create(principal, name=name, expires_at=expires_at, scopes=scopes)

    def revoke_token(self, principal, account_id, token_id):
        self.held.revoke(principal, token_id)


class FakeOrganizations:
    def __init__(self):
        self.entered = []
        self.items = {
            data.ORGANIZATION: Organization(
                id=data.ORGANIZATION, name="Demo", role="organization_admin", is_active=True, people=3
            ),
            SECOND: Organization(id=SECOND, name="Second", role="viewer", is_active=True, people=1),
        }

    def list(self, principal):
        return tuple(self.items.values())

    def enter(self, session_secret, organization_id):
        self.entered.append((session_secret, organization_id))

    def create(self, principal, *, name, timezone):
        made = uuid4()
        self.items[made] = Organization(id=made, name=name, role="installation_admin", is_active=True, people=1)
        return made

    def change(self, principal, organization_id, *, name, is_active):
        self.items[organization_id] = replace(self.items[organization_id], name=name, is_active=is_active)


def _account(account_id, name, role):
    return ServiceAccount(
        id=account_id, name=name, role=role, responsible="Ada Lovelace", created_at=data.NOW, tokens=0
    )
