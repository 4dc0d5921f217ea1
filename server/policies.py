"""The community's policies: `policies/*.toml` as frozen dataclasses, and the texts beside them.

An unknown or missing key stops the boot: a page must never print a number that the code does not use.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from server.errors import BootRefused

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class TextLimits:
    """Longest inputs, in characters; the body of a request in bytes."""

    message_characters: int
    title_characters: int
    note_characters: int
    alt_characters: int
    reason_characters: int
    pseudonym_characters: int
    login_characters: int
    organisation_characters: int
    passphrase_characters: int
    search_characters: int
    space_name_characters: int
    purpose_characters: int
    rules_characters: int
    appeal_characters: int
    body_bytes: int


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """What an account needs."""

    minimum_age: int
    passphrase_minimum: int
    invitation_days: int
    staff_link_days: int
    passkeys_per_account: int
    mutes_per_space: int


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """From when somebody is known in a space: so many released messages, written on so many days."""

    messages: int
    days: int

    def knows(self, *, released: int, days: int, vouched: bool) -> bool:
        """Whether the member is known there. Whoever came vouched for is known at once."""
        return vouched or (released >= self.messages and days >= self.days)


@dataclass(frozen=True, slots=True)
class FlagPolicy:
    """How much a flag weighs, in percent of an ordinary one, and when many at once look like an attack."""

    new_percent: int
    least_percent: int
    most_percent: int
    judged_from: int
    together: int
    together_hours: int


@dataclass(frozen=True, slots=True)
class StrikePolicy:
    """How much a removal weighs by its reason, how long it counts, and what the desk then proposes to people."""

    weights: Mapping[str, int]
    light_up_to: int
    light_days: int
    grave_days: int
    warn_from: int
    limit_from: int
    pause_from: int
    suspend_from: int

    def lasts_days(self, weight: int) -> int:
        """For how many days a strike of this weight counts."""
        return self.light_days if weight <= self.light_up_to else self.grave_days


@dataclass(frozen=True, slots=True)
class MeasuresPolicy:
    """What can be done about a member or a topic, at most; in days and minutes."""

    limit_days: int
    limit_most_days: int
    pause_days: int
    pause_most_days: int
    suspension_days: int
    suspension_most_days: int
    proposal_days: int
    slow_minutes: int
    slow_most_minutes: int


@dataclass(frozen=True, slots=True)
class ShiftPolicy:
    """A moderator's shift: how long the code of conduct holds, and when a break is suggested."""

    hours: int
    break_minutes: int
    break_items: int
    heavy_severity: int


@dataclass(frozen=True, slots=True)
class ModerationPolicy:
    """The desk: its times in minutes, and what `desk.toml` says of trust, strikes, measures and shifts."""

    undo_minutes: int
    claim_minutes: int
    trust: TrustPolicy
    flags: FlagPolicy
    strikes: StrikePolicy
    measures: MeasuresPolicy
    shift: ShiftPolicy


@dataclass(frozen=True, slots=True)
class DeskTimes:
    """The part of it that stands in limits.toml."""

    undo_minutes: int
    claim_minutes: int


@dataclass(frozen=True, slots=True)
class AppealPolicy:
    """How many days a decision can be appealed, and after how many lost appeals in ninety days one comes last."""

    days: int
    lost: int


@dataclass(frozen=True, slots=True)
class OpennessPolicy:
    """The public account: the least number that is told, and how soon a person should decide, by urgency."""

    least_told: int
    urgent_minutes: int
    soon_minutes: int
    usual_minutes: int
    other_minutes: int

    def target_minutes(self, severity: int) -> int:
        """How long a case of this severity may wait."""
        steps = ((100, self.urgent_minutes), (50, self.soon_minutes), (20, self.usual_minutes))
        return next((minutes for least, minutes in steps if severity >= least), self.other_minutes)


@dataclass(frozen=True, slots=True)
class HostingPolicy:
    """What a host may do: how long a proposal waits, how many cards, how large a download; and how long a steward's
    word for the list before the first opening holds.
    """

    proposal_days: int
    cards_at_once: int
    cards_per_day: int
    export_megabytes: int
    confirmation_days: int


@dataclass(frozen=True, slots=True)
class InformationPolicy:
    """How many announcements are kept on top, and how long what was checked counts as checked; in days."""

    pinned_at_once: int
    sender_days: int
    help_check_days: int
    help_hide_days: int


@dataclass(frozen=True, slots=True)
class HallPolicy:
    """What fits into a town hall, and from when it pauses by itself."""

    question_characters: int
    answer_characters: int
    caption_characters: int
    hall_title_characters: int
    sessions: int
    options: int
    seats: int
    claim_seconds: int
    unwatched_minutes: int
    waiting_minutes: int
    screen_hours: int
    least_told: int
    sockets_per_seat: int


@dataclass(frozen=True, slots=True)
class Rates:
    """How often, as "count/seconds"."""

    join_per_address: str
    sign_in_per_address: str
    sign_in_per_login: str
    sign_in_per_login_anywhere: str
    post_per_member: str
    letter_per_member: str
    appeal_per_member: str
    code_per_address: str
    picture_per_member: str
    flag_per_member: str
    search_per_session: str
    search_per_address: str
    export_per_host: str
    seat_per_address: str
    ask_per_seat: str
    endorse_per_seat: str
    command_per_seat: str
    act_per_session: str
    act_per_address: str


@dataclass(frozen=True, slots=True)
class Derivation:
    """How many key derivations may wait."""

    waiting: int


@dataclass(frozen=True, slots=True)
class PicturePolicy:
    """How large a form with a picture may be, how many are opened at once, and whether all of them wait (1)."""

    body_bytes: int
    at_once: int
    waiting: int
    every_picture_waits: int


@dataclass(frozen=True, slots=True)
class PrivateLimits:
    """What the private room takes at once, how long its sessions live, and when its process begins anew."""

    recycle_minutes: int
    reporter_idle_minutes: int
    reporter_minutes: int
    desk_idle_minutes: int
    desk_minutes: int
    text_characters: int
    text_bytes: int
    file_bytes: int
    files: int
    post_bytes: int
    uploads_at_once: int
    least_bytes_per_second: int
    least_when_others_wait: int
    slow_seconds: int
    text_seconds: int
    most_hours: int
    patience_hours: int


@dataclass(frozen=True, slots=True)
class Retention:
    """Lifetimes; the unit is in each name."""

    messages_days: int
    removed_days: int
    decisions_days: int
    scores_days: int
    appeals_days: int
    ledger_days: int
    flags_days: int
    notices_days: int
    drafts_days: int
    letters_days: int
    session_days: int
    session_most_days: int
    staff_session_hours: int
    backups_days: int
    hall_days: int
    hall_declined_days: int
    hall_author_hours: int
    hall_seat_hours: int
    hall_log_days: int
    hall_event_minutes: int
    hall_command_minutes: int


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the interface."""

    code: str
    native_name: str
    dir: Literal["ltr", "rtl"]
    reviewed: str


@dataclass(frozen=True, slots=True)
class Policies:
    """All of them, and the hash that names this edition."""

    version: str
    folder: Path
    text: TextLimits
    accounts: AccountPolicy
    moderation: ModerationPolicy
    appeals: AppealPolicy
    openness: OpennessPolicy
    hosting: HostingPolicy
    halls: HallPolicy
    information: InformationPolicy
    rates: Rates
    derivation: Derivation
    pictures: PicturePolicy
    private: PrivateLimits
    retention: Retention
    languages: tuple[Language, ...]

    def page_numbers(self) -> dict[str, int]:
        """The numbers that the policy pages print, by the name that the texts use."""
        return {
            **{field.name: getattr(self.retention, field.name) for field in fields(Retention)},
            "undo_minutes": self.moderation.undo_minutes,
            "minimum_age": self.accounts.minimum_age,
        }


def load(folder: Path) -> Policies:
    """Read the folder. Raises BootRefused naming the file and the key that is wrong."""
    limits = _toml(folder / "limits.toml")
    parts = {"text": TextLimits, "accounts": AccountPolicy, "moderation": DeskTimes}
    parts |= {"hosting": HostingPolicy, "information": InformationPolicy, "pictures": PicturePolicy}
    parts |= {"appeals": AppealPolicy, "openness": OpennessPolicy, "halls": HallPolicy}
    parts |= {"rates": Rates, "derivation": Derivation, "private": PrivateLimits}
    _same_keys("limits.toml", set(limits), set(parts))
    made: dict[str, Any] = {name: _made(kind, limits[name], f"limits.toml [{name}]") for name, kind in parts.items()}
    made["moderation"] = _desk(made["moderation"], _toml(folder / "desk.toml"))
    languages = _toml(folder / "languages.toml")
    _same_keys("languages.toml", set(languages), {"language"})
    return Policies(
        version=edition(folder),
        folder=folder,
        retention=_made(Retention, _toml(folder / "retention.toml"), "retention.toml"),
        languages=tuple(_made(Language, entry, "languages.toml") for entry in languages["language"]),
        **made,
    )


def _desk(times: DeskTimes, values: dict[str, Any]) -> ModerationPolicy:
    parts: dict[str, Any] = {"trust": TrustPolicy, "flags": FlagPolicy, "strikes": StrikePolicy}
    parts |= {"measures": MeasuresPolicy, "shift": ShiftPolicy}
    _same_keys("desk.toml", set(values), set(parts))
    weights = values["strikes"].get("weights")
    if not isinstance(weights, dict) or not all(
        type(w) is int and w >= 0 for w in cast("dict[str, object]", weights).values()
    ):
        raise BootRefused("desk.toml [strikes]: weights must be whole numbers, one for each reason.")
    made: dict[str, Any] = {name: _made(kind, values[name], f"desk.toml [{name}]") for name, kind in parts.items()}
    return ModerationPolicy(undo_minutes=times.undo_minutes, claim_minutes=times.claim_minutes, **made)


def edition(folder: Path) -> str:
    """Twelve hexadecimal digits that name the content of the folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise BootRefused(f"The policy file {path.name} is missing.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BootRefused(f"The policy file {path.name} cannot be read: {error}.") from None


def _same_keys(where: str, found: set[str], wanted: set[str]) -> None:
    for key in sorted(found - wanted):
        raise BootRefused(f"{where} has an unknown key: {key}.")
    for key in sorted(wanted - found):
        raise BootRefused(f"{where} lacks the key {key}.")


def _made(kind: type[Kind], values: dict[str, Any], where: str) -> Kind:
    wanted = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type]  # always a dataclass
    _same_keys(where, set(values), set(wanted))
    for name, type_ in wanted.items():
        if type_ is int and (not isinstance(values[name], int) or isinstance(values[name], bool) or values[name] < 0):
            raise BootRefused(f"{where}: {name} must be a whole number.")
        if type_ is str and not isinstance(values[name], str):
            raise BootRefused(f"{where}: {name} must be a text.")
    return kind(**values)
