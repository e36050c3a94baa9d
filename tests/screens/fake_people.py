"""Groups, the rule and the questions in memory, with the signatures the screens call."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from core.domain.group import Group, GroupInUse, GroupMember, Person, Reach
from core.domain.recipient_policy import (
    RecipientPolicy,
    RecipientRule,
    RefusedRecipient,
    ScheduleAtOdds,
    VerifiedAddress,
)
from core.errors import Conflict, InvalidAddress, InvalidInput

from . import fake_data as data

BEN = data.make_id("user Ben")
BOARD = data.make_id("group Board")


def _group(name, members, **changes):
    made = Group(
        id=data.make_id(f"group {name}"),
        organization_id=data.ORGANIZATION,
        name=name,
        description="Meets on Mondays",
        member_count=len(members),
        version=1,
        created_at=data.NOW,
        updated_at=data.NOW,
        members=tuple(members),
    )
    return replace(made, **changes)


class FakeGroups:
    def __init__(self):
        member = GroupMember(user_id=BEN, address="ben@example.com", name="Ben Okri")
        outside = GroupMember(address="ann@example.org", name="Ann Lee", locale="en-GB")
        self.items = {BOARD: _group("Board", (member, outside))}
        self.persons = (
            Person(user_id=data.ADA, name="Ada Lovelace", email="ada@example.com", role="organization_admin",
                   is_active=True, left_at=None),
            Person(user_id=BEN, name="Ben Okri", email="ben@example.com", role="viewer", is_active=True, left_at=None),
            Person(user_id=data.make_id("user Cleo"), name="Cleo", email="cleo@example.com", role="viewer",
                   is_active=True, left_at=data.NOW),
        )  # fmt: skip

    def list(self, principal, *, search="", page=1, limit=50):
        return data.page_of(list(self.items.values()), page, limit)

    def get(self, principal, group_id):
        return self.items[group_id]

    def people(self, principal, *, search="", page=1, limit=50):
        found = [one for one in self.persons if search.lower() in one.name.lower()]
        return data.page_of(found, page, limit)

    def named(self, principal, *, users, groups):
        people = tuple(one for one in self.persons if one.user_id in users)
        return people, tuple(self.items[one] for one in groups if one in self.items)

    def create(self, principal, draft):
        if not draft.name.strip():
            raise InvalidInput("Give the group a name.", place="name")
        for n, member in enumerate(draft.members):
            if not member.user_id and "@" not in member.address:
                raise InvalidAddress(f"{member.address} is no e-mail address.", place=f"members[{n}].address")
        made = _group(draft.name, draft.members, description=draft.description)
        self.items[made.id] = made
        return made

    def change(self, principal, group_id, draft, *, expected_version=None):
        made = self.create(principal, draft)
        self.items[group_id] = replace(made, id=group_id)
        return self.items[group_id]

    def delete(self, principal, group_id):
        used = self.schedules_of(principal, group_id)
        if used:
            raise GroupInUse("Board is used by Board pack. Change those schedules first.", schedules=used)
        del self.items[group_id]

    def schedules_of(self, principal, group_id):
        return ((data.make_id("schedule Board pack"), "Board pack"),) if group_id == BOARD else ()


class FakeRecipientPolicy:
    def __init__(self):
        self.saved = RecipientPolicy()

    def get(self, principal):
        return self.saved

    def save(self, principal, policy, *, expected_version=None):
        if policy.rule is RecipientRule.DOMAINS and not policy.domains:
            raise InvalidInput("Name at least one domain, such as example.com.", place="domains")
        if expected_version not in (None, self.saved.version):
            raise Conflict
        self.saved = replace(policy, version=self.saved.version + 1)
        return self.saved

    def at_odds(self, principal, policy=None, *, page=1, limit=50):
        rule = (policy or self.saved).rule
        refused = RefusedRecipient(address="ann@example.org", why="only members", group="Board")
        one = ScheduleAtOdds(schedule_id=uuid4(), schedule="Board pack", is_active=True, refused=(refused,))
        return data.page_of([one] if rule is RecipientRule.MEMBERS else [], page, limit)


class FakeVerification:
    def __init__(self):
        self.items = []

    def list(self, principal, *, search="", is_confirmed=None, page=1, limit=50):
        return data.page_of(self.items, page, limit)

    def ask(self, principal, address):
        if "@" not in address:
            raise InvalidAddress(f'"{address}" is not an e-mail address.', place="address")
        one = VerifiedAddress(
            id=uuid4(),
            address=address,
            asked_at=data.NOW,
            asked_by_name="Ada Lovelace",
            times_asked=1,
            expires_at=data.NOW + timedelta(days=7),
            confirmed_at=None,
        )
        self.items.append(one)
        return one

    def ask_again(self, principal, verified_id):
        self.items = [replace(one, times_asked=2) if one.id == verified_id else one for one in self.items]
        return self.items[0]

    def remove(self, principal, verified_id):
        self.items = [one for one in self.items if one.id != verified_id]


class FakeReach:
    def reach(self, principal, recipients):
        left_out = (("cleo@example.com", "Cleo (cleo@example.com) left."),)
        return Reach(addresses=tuple(f"a{n}@example.org" for n in range(len(recipients) + 1)), left_out=left_out)
