"""`/desk/away`: somebody goes away, says who looks meanwhile, and comes back."""

from datetime import date
from uuid import UUID

from starlette.responses import Response

from server.errors import Invalid, Refused, say
from server.private import desk_views as views
from server.private.call import Call
from server.private.people import Away, Unlocked
from server.web.fields import A_DAY, CHOOSE, FormState

ADDRESS = "/desk/away"
WHY = say("Looks after it while I am away")


async def page(call: Call, me: Unlocked) -> Response:
    """The form, or what was said."""
    return await _shown(call, me, call.form)


async def goes(call: Call, me: Unlocked) -> Response:
    """Note it; then say which cases nobody reads meanwhile."""
    try:
        away, why = _away(call, me), call.said(WHY)
        left = await call.run(lambda: call.work.covering.goes(me, away, why=why, at=call.now))
    except Refused as error:
        return await _shown(call, me, call.state_of(error), error.status)
    if not left.nobody and left.not_cover:
        sentence = say(
            "It is noted. But the person whom you named cannot read these: %(cases)s. Your other colleagues can.",
            cases=", ".join(left.not_cover),
        )
        return await _shown(call, me, FormState({}, {}, call.said(sentence)))
    if not left.nobody:
        call.tell_once(say("It is noted. Your colleagues see it in their list."))
        return call.redirect(ADDRESS)
    sentence = say(
        "It is noted. Nobody who is there reads these meanwhile: %(cases)s. Let one more person read them, or ask the "
        "recovery officers.",
        cases=", ".join(left.nobody),
    )
    return await _shown(call, me, FormState({}, {}, call.said(sentence)))


async def back(call: Call, me: Unlocked) -> Response:
    """Here again."""
    await call.run(lambda: call.work.covering.is_back(me.person))
    call.tell_once(say("Welcome back."))
    return call.redirect(ADDRESS)


async def _shown(call: Call, me: Unlocked, form: FormState, status: int = 200) -> Response:
    away = await call.run(lambda: call.work.covering.of(me.person))
    colleagues = await call.run(lambda: call.work.covering.colleagues(me.person))
    return views.away(call, away, colleagues, form, status)


def _away(call: Call, me: Unlocked) -> Away:
    """What was typed. Raises Invalid."""
    days: list[date] = []
    for name in ("starts", "ends"):
        try:
            days.append(date.fromisoformat(call.value(name)))
        except ValueError:
            raise Invalid(A_DAY, field=name) from None
    colleagues = {str(one.person) for one in call.work.covering.colleagues(me.person)}
    cover = call.value("cover")
    if cover and cover not in colleagues:
        raise Invalid(CHOOSE, field="cover")
    return Away(days[0], days[1], UUID(cover) if cover else None)
