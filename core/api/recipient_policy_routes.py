"""`/api/recipient-policy` and `/api/verified-addresses`: who may receive reports, and who said yes to them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Json, PageLimit, PageNumber, Search, Text
from core.api.models import In, iso, page_out
from core.api.preconditions import expected_version, stale_as_412
from core.api.threads import blocking
from core.domain.recipient_policy import RecipientPolicy, RecipientRule, ScheduleAtOdds, VerifiedAddress
from core.services.recipient_policy import RecipientPolicyService
from core.services.verification import VerificationService

IfMatch = Annotated[str | None, Header(alias="If-Match")]
SearchFor = Annotated[Search, Query(alias="search")]
Rule = Annotated[RecipientRule | None, Query(description="Another rule than the saved one, to see what it would do.")]
Domains = Annotated[list[Text] | None, Query()]
IsConfirmed = Annotated[bool | None, Query()]


class PolicyIn(In):
    """Who may receive reports. Members of the organization always may."""

    rule: RecipientRule
    domains: list[Text] = Field(default_factory=list)


class AskIn(In):
    """An address to ask whether it wants reports."""

    address: Text = Field(max_length=320)


def recipient_policy_routes(policy: RecipientPolicyService, verification: VerificationService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["People and groups"])

    @router.get("/recipient-policy", summary="Who may receive reports of your organization")
    @blocking
    def get_policy(caller: Caller, response: Response) -> Json:
        found = policy.get(caller)
        response.headers["ETag"] = f'"{found.version}"'
        return policy_out(found)

    @router.put("/recipient-policy", summary="Change who may receive reports; holds from the next delivery on")
    @blocking
    def save_policy(body: PolicyIn, caller: Caller, if_match: IfMatch = None) -> Json:
        wanted = RecipientPolicy(rule=body.rule, domains=tuple(body.domains))
        with stale_as_412(if_match):
            return policy_out(policy.save(caller, wanted, expected_version=expected_version(if_match)))

    @router.get("/recipient-policy/conflicts", summary="Schedules with recipients that may not receive reports")
    @blocking
    def conflicts(
        caller: Caller, rule: Rule = None, domains: Domains = None, page: PageNumber = 1, limit: PageLimit = 50
    ) -> Json:
        other = None if rule is None else RecipientPolicy(rule=rule, domains=tuple(domains or ()))
        return page_out(policy.at_odds(caller, other, page=page, limit=limit), at_odds_out)

    @router.get("/verified-addresses", summary="Addresses that were asked whether they want reports, the newest first")
    @blocking
    def list_verified(
        caller: Caller,
        search: SearchFor = "",
        is_confirmed: IsConfirmed = None,
        page: PageNumber = 1,
        limit: PageLimit = 50,
    ) -> Json:
        found = verification.list(caller, search=search, is_confirmed=is_confirmed, page=page, limit=limit)
        return page_out(found, verified_out)

    @router.post("/verified-addresses", status_code=201, summary="Ask an address whether it wants reports, by mail")
    @blocking
    def ask(body: AskIn, caller: Caller) -> Json:
        return verified_out(verification.ask(caller, body.address))

    @router.post("/verified-addresses/{verified_id}/resend", summary="Ask again; the link before ends")
    @blocking
    def ask_again(verified_id: UUID, caller: Caller) -> Json:
        return verified_out(verification.ask_again(caller, verified_id))

    @router.delete("/verified-addresses/{verified_id}", status_code=204, summary="Forget an address and its yes")
    @blocking
    def remove(verified_id: UUID, caller: Caller) -> Response:
        verification.remove(caller, verified_id)
        return Response(status_code=204)

    return router


def policy_out(policy: RecipientPolicy) -> Json:
    """Return the rule as JSON."""
    return {"rule": str(policy.rule), "domains": list(policy.domains), "version": policy.version}


def at_odds_out(one: ScheduleAtOdds) -> Json:
    """Return a schedule at odds with the rule as JSON."""
    return {
        "schedule_id": str(one.schedule_id),
        "schedule": one.schedule,
        "is_active": one.is_active,
        "recipients": [{"address": who.address, "group": who.group, "why": who.why} for who in one.refused],
    }


def verified_out(one: VerifiedAddress) -> Json:
    """Return an address that was asked as JSON."""
    return {
        "id": str(one.id),
        "address": one.address,
        "is_confirmed": one.is_confirmed,
        "asked_at": iso(one.asked_at),
        "asked_by": one.asked_by_name,
        "times_asked": one.times_asked,
        "expires_at": iso(one.expires_at),
        "confirmed_at": iso(one.confirmed_at),
    }
