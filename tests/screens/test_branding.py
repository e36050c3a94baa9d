import io

import pytest
from PIL import Image

from core.domain.branding import Branding, PaperSize
from core.services.logo import read_logo

from . import fake_data, fake_services


def picture(kind="PNG"):
    target = io.BytesIO()
    Image.new("RGB", (90, 30), "#0a5c9f").save(target, kind)
    return target.getvalue()


def test_a_colour_and_a_paper_are_tried_and_then_saved(open_screen, services):
    app = open_screen("branding.py")
    assert app.button(key="branding_save").disabled
    assert "#0a5c9f" not in app.get("iframe")[0].proto.srcdoc.lower()
    app.toggle(key="branding_own_colour").set_value(True).run()
    app.color_picker(key="branding_colour").set_value("#0a5c9f").run()
    app.get_by_key("branding_paper").set_value(PaperSize.LETTER).run()
    assert "#0a5c9f" in app.get("iframe")[0].proto.srcdoc.lower()
    assert services.branding.saved == Branding()
    app.button(key="branding_save").click().run()
    assert services.branding.saved == Branding(accent="#0a5c9f", paper=PaperSize.LETTER)
    assert app.button(key="branding_save").disabled
    app.toggle(key="branding_own_colour").set_value(False).run()
    app.button(key="branding_save").click().run()
    assert services.branding.saved.accent is None


def test_a_logo_is_kept_at_once_and_can_be_removed(open_screen, services):
    app = open_screen("branding.py")
    app.file_uploader[0].set_value(("logo.png", picture(), "image/png")).run()
    assert services.branding.saved.logo == read_logo(picture())
    assert "data:image/png" in app.get("iframe")[0].proto.srcdoc
    app.button(key="branding_remove_logo").click().run()
    assert services.branding.saved.logo is None


def test_a_picture_that_cannot_be_a_logo_is_said_in_words(open_screen, services):
    app = open_screen("branding.py")
    app.file_uploader[0].set_value(("logo.png", picture("GIF"), "image/png")).run()
    assert "no PNG or JPEG" in app.error[0].value
    assert services.branding.saved.logo is None


@pytest.mark.parametrize(("role", "offered"), [("data_admin", False), ("organization_admin", True)])
def test_the_screen_is_for_those_who_manage_members(open_screen, services, role, offered):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal(role)
    if offered:
        assert open_screen("branding.py").title[0].value == "Look of files"
        return
    with pytest.raises(Exception, match="branding"):
        open_screen("branding.py")
