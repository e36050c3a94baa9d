"""`/api/links`: links to the files of a run, who used them, and taking them back."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Json
from core.api.listing import Listing, listed
from core.api.models import In, iso
from core.api.threads import blocking
from core.domain.link import Link
from core.services.links import LINK_VALID_AT_MOST, MOST_USES, LinkService, MintedLink


class LinkIn(In):
    """A link to make. Unset, `valid_s` is what the installation's settings say."""

    artifact_id: UUID
    valid_s: int | None = Field(None, ge=1, le=int(LINK_VALID_AT_MOST.total_seconds()))
    max_uses: int | None = Field(None, ge=1, le=MOST_USES)
    recipient: str | None = Field(None, max_length=320)


def link_routes(links: LinkService, base_url: str) -> APIRouter:
    """Return the routes. `base_url`: the address of the app, which links begin with."""
    router = APIRouter(prefix="/links", tags=["Links"])

    @router.get("", summary="The links to the files of a run")
    @blocking
    def list_links(caller: Caller, execution_id: Annotated[UUID, Query()], asked: Listing) -> Json:
        return listed([link_out(link) for link in links.list(caller, execution_id)], asked)

    @router.post("", status_code=201, summary="Make a link to a file")
    @blocking
    def mint(body: LinkIn, caller: Caller) -> Json:
        made = links.mint(
            caller,
            body.artifact_id,
            valid_for=None if body.valid_s is None else timedelta(seconds=body.valid_s),
            max_uses=body.max_uses,
            recipient=body.recipient,
        )
        return _minted_out(made, base_url)

    @router.get("/{link_id}", summary="A link and who used it")
    @blocking
    def get_link(link_id: UUID, caller: Caller) -> Json:
        found = links.history(caller, link_id)
        uses = [{"at": iso(use.at), "network": use.network, "result": str(use.result)} for use in found.uses]
        return {**link_out(found.link), "history": uses}

    @router.post("/{link_id}/revoke", summary="Take a link back")
    @blocking
    def revoke(link_id: UUID, caller: Caller) -> Json:
        return link_out(links.revoke(caller, link_id))

    @router.post("/{link_id}/renew", status_code=201, summary="Take a link back and make another like it")
    @blocking
    def renew(link_id: UUID, caller: Caller) -> Json:
        return _minted_out(links.renew(caller, link_id), base_url)

    return router


def link_out(link: Link) -> Json:
    """Return a link's JSON; its address is known to nobody any more."""
    return {
        "id": str(link.id),
        "artifact_id": str(link.artifact_id),
        "execution_id": str(link.run_id),
        "file_name": link.file_name,
        "expires_at": iso(link.terms.expires_at),
        "max_uses": link.terms.max_uses,
        "recipient": link.terms.recipient,
        "uses": link.uses,
        "revoked_at": iso(link.revoked_at),
        "created_at": iso(link.created_at),
        "created_by": link.created_by_name,
        "reference": link.reference,
    }


def _minted_out(made: MintedLink, base_url: str) -> Json:
    return {"id": str(made.id), "url": f"{base_url}{made.path}", "expires_at": iso(made.expires_at)}
