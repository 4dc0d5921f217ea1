"""The page on which a member takes away what is kept: space by space, because one file would join the names."""

from markupsafe import Markup
from starlette.responses import Response

from server.accounts.own_routes import member_key
from server.accounts.passkey_routes import check_words
from server.database import Transaction
from server.errors import NotFound
from server.own_data import gathering, packing
from server.own_data.forms import ACCOUNT, CopyForm
from server.permissions import Permission
from server.privacy import load_map
from server.spaces.queries import all_spaces, space_by_slug, space_names
from server.web.fields import BLANK, FormState
from server.web.rooms import Anywhere, action, page
from server.web.visit import Visit
from server.web.words import language_dir, reading

MEGABYTE = 1_000_000


@page("/me/data", name="own_data", needs=Permission.KEEP_ACCOUNT)
def data_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """A warning, and a choice of one space."""
    tx, viewer = visit.snapshot, visit.viewer
    own = [space for space in all_spaces(tx) if viewer.standing_in(space.id) is not None]
    named = space_names(tx, reading().language.code, own)
    choices = [(space.slug, in_its_language(named[space.id][0], named[space.id][2])) for space in own]
    form = FormState({"space": "", **form.values}, form.errors, form.summary)
    return visit.page("own_data/page.html", form=form, spaces=choices, account=ACCOUNT)


def in_its_language(name: str, language: str) -> Markup:
    """The name of a space as the label of a choice."""
    return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(language, language_dir(language), name)


@action("/me/data", name="take_own_data", needs=Permission.KEEP_ACCOUNT, form=CopyForm, again=data_page)
async def take_own_data(visit: Visit, found: Anywhere, form: CopyForm) -> Response:
    """The file. Nothing notes that it was taken.

    The secret words are asked for: whoever holds an unlocked phone for a minute must not walk away with a whole life.
    """
    member_id = member_key(visit)
    await check_words(visit, member_id, form.passphrase)
    visit.spend(visit.policies.rates.export_per_host, "copy", str(member_id))
    body = await visit.read(lambda tx: packed_for(tx, visit, form.space, member_id))
    headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{packing.FILE_NAME}"'}
    return Response(body, 200, headers, media_type="application/zip")


def packed_for(tx: Transaction, visit: Visit, wanted: str, member_id: int) -> bytes:
    """The file of one space, or of the account. Raises NotFound for a space that the member is not in."""
    data_map = load_map(visit.policies.folder)
    if wanted == ACCOUNT:
        parts, pictures = gathering.of_the_account(tx, data_map, member_id), iter(())
    else:
        space = space_by_slug(tx, wanted)
        standing = None if space is None else visit.viewer.standing_in(space.id)
        if standing is None:
            raise NotFound
        parts = gathering.in_a_space(tx, data_map, standing.membership_id)
        pictures = gathering.pictures_of(tx, standing.membership_id)
    shown = visit.services.pages.render("own_data/copy.html", {"parts": parts, "language": reading().language})
    return packing.packed(parts, shown, pictures, most_bytes=visit.policies.hosting.export_megabytes * MEGABYTE)


routes = [data_page, take_own_data]
