"""Words, safety and the end of a space: what needs a second person, and what was changed before."""

from starlette.responses import Response

from server.accounts.own_routes import member_key
from server.errors import Invalid, NotFound
from server.hosting import queries, rules, views
from server.hosting.finding import InLanguage, Proposed, the_change, the_space, the_words
from server.hosting.forms import LONGEST, LifetimeForm, SafetyForm, WordsForm
from server.permissions import Permission
from server.spaces.models import ChangeState, SpaceState
from server.spaces.queries import SpaceRow, SpaceWords
from server.spaces.safety import Safety
from server.spaces.views import shown_space
from server.web.fields import BLANK, CHOOSE, Form, FormState
from server.web.rooms import action, page
from server.web.visit import Visit
from server.web.words import language_dir, language_name


@page("/s/{space}/host/words/{language}", name="host_words", needs=Permission.HOST_SPACE, at=the_words)
def words_page(visit: Visit, found: InLanguage, form: FormState = BLANK) -> Response:
    """Name, purpose and rules in one language."""
    words = views.written_in(visit.snapshot, found.space, found.language)
    values = {"name": words.name, "purpose": words.purpose, "rules": words.rules, **form.values}
    return visit.page(
        "hosting/words.html",
        space=shown_space(visit, found.space),
        preparing=found.space.state == SpaceState.PREPARING,
        written_in=found.language,
        written_dir=language_dir(found.language),
        written_name=language_name(found.language),
        form=FormState(values, form.errors, form.summary),
    )


@action(
    "/s/{space}/host/words/{language}",
    name="do_host_words",
    needs=Permission.HOST_SPACE,
    form=WordsForm,
    at=the_words,
    again=words_page,
)
def do_words(visit: Visit, found: InLanguage, form: WordsForm) -> Response:
    """Keep them, or propose them to another host."""
    words = SpaceWords(found.language, form.name, form.purpose, form.rules)
    policy = visit.policies.hosting
    with visit.transaction() as tx:
        at_once = rules.write_words(tx, found.space.id, member_key(visit), words, at=visit.now, policy=policy)
    return visit.redirect_to("host", {"done": "kept" if at_once else "proposed"}, space=found.space.slug)


@page("/s/{space}/host/safety", name="host_safety", needs=Permission.HOST_SPACE, at=the_space)
def safety_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """How closed the space is, and what each level does."""
    return visit.page(
        "hosting/safety.html",
        space=shown_space(visit, space),
        choices=views.safety_choices(visit),
        form=FormState({"safety": str(space.safety), **form.values}, form.errors, form.summary),
    )


@action(
    "/s/{space}/host/safety",
    name="do_host_safety",
    needs=Permission.HOST_SPACE,
    form=SafetyForm,
    at=the_space,
    again=safety_page,
)
def do_safety(visit: Visit, space: SpaceRow, form: SafetyForm) -> Response:
    """More closed at once; more open when a second person agrees."""
    level, policy = Safety(form.safety), visit.policies.hosting
    with visit.transaction() as tx:
        at_once = rules.choose_safety(tx, space.id, member_key(visit), level, at=visit.now, policy=policy)
    return visit.redirect_to("host", {"done": "kept" if at_once else "proposed"}, space=space.slug)


@page("/s/{space}/host/lifetime", name="host_lifetime", needs=Permission.HOST_SPACE, at=the_space)
def lifetime_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """How long messages last in the space."""
    values = {"days": str(space.messages_days or LONGEST), **form.values}
    return visit.page(
        "hosting/lifetime.html",
        space=shown_space(visit, space),
        choices=views.lifetime_choices(visit),
        form=FormState(values, form.errors, form.summary),
    )


@action(
    "/s/{space}/host/lifetime",
    name="do_host_lifetime",
    needs=Permission.HOST_SPACE,
    form=LifetimeForm,
    at=the_space,
    again=lifetime_page,
)
def do_lifetime(visit: Visit, space: SpaceRow, form: LifetimeForm) -> Response:
    """Propose it to another host. Longer than the longest time is refused."""
    if str(form.days or LONGEST) not in dict(views.lifetime_choices(visit)):
        raise Invalid(CHOOSE, field="days")
    policy = visit.policies.hosting
    with visit.transaction() as tx:
        at_once = rules.choose_lifetime(tx, space.id, member_key(visit), form.days, at=visit.now, policy=policy)
    return visit.redirect_to("host", {"done": "kept" if at_once else "proposed"}, space=space.slug)


@page("/s/{space}/host/archive", name="host_archive", needs=Permission.HOST_SPACE, at=the_space)
def archive_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """What it means to archive a space."""
    return visit.page("hosting/archive.html", space=shown_space(visit, space), form=form)


@action(
    "/s/{space}/host/archive",
    name="do_host_archive",
    needs=Permission.HOST_SPACE,
    at=the_space,
    again=archive_page,
)
def do_archive(visit: Visit, space: SpaceRow, form: Form) -> Response:
    """Propose it."""
    with visit.transaction() as tx:
        rules.propose_archive(tx, space.id, member_key(visit), at=visit.now, policy=visit.policies.hosting)
    return visit.redirect_to("host", {"done": "proposed"}, space=space.slug)


@page("/s/{space}/host/changes/{change}", name="change", needs=Permission.HOST_SPACE, at=the_change)
def change_page(visit: Visit, found: Proposed, form: FormState = BLANK) -> Response:
    """A proposal: what stands there now, and what would stand there."""
    waiting = found.change.state == ChangeState.PENDING and found.change.proposed_at > views.oldest_proposal(visit)
    return visit.page(
        "hosting/change.html",
        space=shown_space(visit, found.space),
        change=views.change_view(visit, found.change),
        waiting=waiting,
        put_away=found.change.state == ChangeState.PUT_AWAY,
        form=form,
    )


@action(
    "/s/{space}/host/changes/{change}/agree",
    name="agree",
    needs=Permission.HOST_SPACE,
    at=the_change,
    again=change_page,
)
def agree(visit: Visit, found: Proposed, form: Form) -> Response:
    """The second person says yes."""
    change, policy = found.change.public_id, visit.policies.hosting
    with visit.transaction() as tx:
        rules.agree(tx, found.space.id, member_key(visit), change, at=visit.now, policy=policy)
    return visit.redirect_to("host", {"done": "agreed"}, space=found.space.slug)


@action(
    "/s/{space}/host/changes/{change}/put-away",
    name="put_away",
    needs=Permission.HOST_SPACE,
    at=the_change,
    again=change_page,
)
def put_away(visit: Visit, found: Proposed, form: Form) -> Response:
    """Nothing comes of it."""
    with visit.transaction() as tx:
        rules.put_away(tx, found.space.id, member_key(visit), found.change.public_id, at=visit.now)
    return visit.redirect_to("host", {"done": "put_away"}, space=found.space.slug)


@page("/s/{space}/former-rules", name="former_rules", needs=Permission.READ_SPACE, at=the_space)
def former_rules(visit: Visit, space: SpaceRow) -> Response:
    """For readers: when the rules were changed, and how they were before."""
    rows = queries.former_words(visit.snapshot, space.id)
    if not rows:
        raise NotFound
    return visit.page(
        "hosting/former_rules.html",
        space=shown_space(visit, space),
        changes=[views.change_view(visit, row) for row in rows],
    )


routes = [
    words_page,
    do_words,
    safety_page,
    do_safety,
    lifetime_page,
    do_lifetime,
    archive_page,
    do_archive,
    change_page,
    agree,
    put_away,
    former_rules,
]
