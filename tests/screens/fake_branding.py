"""An organization's look in memory; pictures are read and samples made as the service does."""

from dataclasses import replace

from core.domain.branding import Branding, parse_accent
from core.services.branding import BrandingService
from core.services.logo import read_logo


class FakeBranding:
    sample = BrandingService.sample

    def __init__(self) -> None:
        self.saved = Branding()

    def get(self, principal):
        return self.saved

    def change(self, principal, *, accent, paper):
        self.saved = replace(self.saved, accent=accent and parse_accent(accent), paper=paper)
        return self.saved

    def put_logo(self, principal, content):
        self.saved = replace(self.saved, logo=read_logo(content))
        return self.saved

    def remove_logo(self, principal):
        self.saved = replace(self.saved, logo=None)
        return self.saved
