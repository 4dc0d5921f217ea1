"""What is typed on `/help`, held against what it may be. Words that are too long come back whole."""

from dataclasses import replace

from server.errors import Invalid, Sentence, say
from server.private.call import Call
from server.private.desks import Topic
from server.private.door_files import CLEAN
from server.private.filing import Concern
from server.private.routing import Excluded
from server.private.words import EXCLUDE, NOBODY_BARRED, OFFICE, ONLY_OUTSIDE, WHO
from server.web.fields import CHOOSE, FormState

BETWEEN = " · "
"""Stands between an organisation and its site, in the list of offices."""
WHICH_OFFICE = say(
    "Please choose one of them. If the office or worker is not in these lists, nobody from there reads here."
)
YES_OR_NO = say("Please choose yes or no.")


def concern_of(call: Call) -> Concern:
    """What was written. Raises Invalid, beside the field."""
    policy = call.work.reporting.form
    topic, who, exclude = call.value("topic"), call.value("who"), call.value("exclude")
    if topic not in {one.value for one in Topic}:
        raise Invalid(CHOOSE, field="topic")
    text = call.text("text", policy.text_characters, required=True)
    if who not in WHO:
        raise Invalid(CHOOSE, field="who")
    if exclude not in EXCLUDE:
        raise Invalid(CHOOSE, field="exclude")
    return Concern(
        topic=Topic(topic),
        text=text,
        language=call.language.code,
        excluded=_excluded(call, exclude),
        who=who,
        urgent=call.ticked("urgent"),
        child=call.ticked("child"),
        consents={"interpreter": call.ticked("interpreter")},
    )


def with_answers(call: Call, concern: Concern) -> Concern:
    """The same with what is asked on the last page. Raises Invalid."""
    release = call.value("release")
    if release not in ("yes", "no"):
        raise Invalid(YES_OR_NO, field="release")
    return replace(concern, may_release=release == "yes")


def filled(call: Call, form: FormState) -> FormState:
    """The form as it goes on: with a name of its own, so that sending it twice is one message."""
    values = {"exclude": NOBODY_BARRED, "originals": CLEAN, **form.values}
    if call.work.filing_keys.read(values.get("filing", "")) is None:
        values["filing"] = call.work.filing_keys.issue()
    return FormState(values, form.errors, form.summary)


def _no_such(role: str) -> Sentence:
    return say(
        "Nobody who reads here is called “%(role)s”, so nobody would be left out. Choose an office instead.", role=role
    )


def offices(call: Call) -> dict[str, tuple[str, str]]:
    """The offices that can be left out, by the words for each in the form; an organisation alone is all of it."""
    by_name: dict[str, tuple[str, str]] = {}
    for organisation, site in call.work.roster.offices():
        name = organisation + (BETWEEN + site if site else "")
        by_name.setdefault(name, (organisation, site))
    return by_name


def _excluded(call: Call, exclude: str) -> Excluded:
    if exclude == ONLY_OUTSIDE:
        return Excluded(only_independent=True)
    if exclude != OFFICE and not (call.value("office") or call.value("role").strip()):
        return Excluded()
    role = call.text("role", call.work.reporting.form.name_characters)
    organisation, site = offices(call).get(call.value("office"), ("", ""))
    if call.value("office") and not organisation:
        raise Invalid(CHOOSE, field="office")
    if role and role not in call.work.roster.roles():
        raise Invalid(_no_such(role), field="role")
    if not organisation and not role:
        raise Invalid(WHICH_OFFICE, field="office")
    return Excluded(organisation=organisation, site=site, role=role)
