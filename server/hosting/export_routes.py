"""A host takes a copy of the space along."""

from collections.abc import Mapping

from starlette.responses import Response

from server.accounts.own_routes import member_key
from server.errors import Sentence, say
from server.hosting import rules, views
from server.hosting.export import Copy, packed
from server.hosting.finding import the_space
from server.hosting.forms import ExportForm, Names
from server.permissions import Permission
from server.spaces.queries import SpaceRow
from server.spaces.views import shown_space
from server.web.fields import BLANK, FormState
from server.web.rooms import action, page
from server.web.visit import Visit
from server.web.words import reading, zone

MEGABYTE = 1_000_000
FILE_NAME = "download.zip"
"""Tells nobody who finds it on a telephone what it is."""
NAMES: Mapping[Names, Sentence] = {
    Names.WITHOUT: say("Without names: each person is a number, another one in each topic"),
    Names.WITH: say("With the names that people have in this space"),
}
README: tuple[Sentence, ...] = (
    say("This is a copy of what readers of one space could read on the day below."),
    say("Open index.html in a browser. It needs no network."),
    say("topics.jsonl and messages.jsonl hold the same for programs: one JSON object in each line, in UTF-8."),
    say("Texts that were waiting, taken out or taken back are not in it."),
    say("SHA256SUMS lists a checksum for each file: sha256sum -c SHA256SUMS"),
    say("People wrote this for the readers of that space. Keep it where nobody else can read it, or delete it."),
)


@page("/s/{space}/host/export", name="host_export", needs=Permission.HOST_SPACE, at=the_space)
def export_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """What the download contains, before anything is made."""
    return visit.page(
        "hosting/export.html",
        space=shown_space(visit, space),
        choices=[(str(names), views.said(visit, NAMES[names])) for names in Names],
        form=FormState({"names": str(Names.WITHOUT), **form.values}, form.errors, form.summary),
    )


@action(
    "/s/{space}/host/export",
    name="do_host_export",
    needs=Permission.HOST_SPACE,
    form=ExportForm,
    at=the_space,
    again=export_page,
)
def do_export(visit: Visit, space: SpaceRow, form: ExportForm) -> Response:
    """The packed file. That it was taken is written into the history of the space first."""
    visit.spend(visit.policies.rates.export_per_host, "export", str(member_key(visit)))
    with visit.transaction() as tx:
        rules.exported(tx, space.id, member_key(visit), at=visit.now)
    with visit.services.db.reading() as visit.tx:
        view = shown_space(visit, space)
        copy = Copy(
            space_id=space.id,
            name=view.name,
            zone=zone(space.timezone),
            on=visit.now,
            names=form.names is Names.WITH,
            readme=_readme(visit, view.name),
            language=reading().language,
            pieces=visit.services.pages.pieces,
        )
        body = packed(visit.tx, copy, most_bytes=visit.policies.hosting.export_megabytes * MEGABYTE)
    headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{FILE_NAME}"'}
    return Response(body, 200, headers, media_type="application/zip")


def _readme(visit: Visit, name: str) -> str:
    day = visit.now.astimezone(zone("UTC")).date().isoformat()
    return "\n".join([name, day, "", *(views.said(visit, sentence) for sentence in README), ""])


routes = [export_page, do_export]
