"""What protects people, and the test or file that carries each protection; against whom, and what stays open."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """A protection, and where anybody can check it."""

    what: str
    carried_by: Sequence[str]


@dataclass(frozen=True, slots=True)
class Adversary:
    """Somebody against whom this place was built, and what it cannot do against them."""

    who: str
    measures: Sequence[Measure]
    not_protected: str


EVERYWHERE: Sequence[Measure] = (
    Measure(
        "Nothing is kept that nobody has given a reason and an end: the server does not start otherwise.",
        ("tests/promises/test_data_map.py", "tests/private/test_room_tables.py", "policies/data_map.toml"),
    ),
    Measure(
        "Every file that the server writes is explained; `baraza check` names one that is not.",
        ("tests/promises/test_map_of_files.py", "tests/attack/test_every_file_written.py"),
    ),
    Measure(
        "The privacy page shows the lifetimes that the code uses, in every language.",
        ("tests/promises/test_what_is_promised.py",),
    ),
    Measure(
        "What is too old is erased every day; each run leaves a sealed line with numbers.",
        ("tests/rules/test_retention.py", "policies/retention.toml"),
    ),
    Measure(
        "Who leaves is gone at once as an account, and name by name at moments of chance.",
        ("tests/journeys/test_leaving_for_good.py",),
    ),
    Measure("A member can take away everything that is kept about them.", ("tests/journeys/test_own_data.py",)),
    Measure(
        "A machine may hold a text back, and a person decides; who is judged can appeal to somebody else.",
        ("tests/journeys/test_who_judges.py", "tests/journeys/test_appeals.py", "policies/moderation.toml"),
    ),
)
ADVERSARIES: Sequence[Adversary] = (
    Adversary(
        "A thief or an authority with a copy of the disk",
        (
            Measure(
                "Cases of the private channel are sealed to their readers; the server cannot open them.",
                ("tests/private/test_stolen_room.py", "policies/en/threat-model.md"),
            ),
            Measure(
                "What was erased is overwritten, in copies made afterwards too.",
                (
                    "tests/journeys/test_leaving_for_good.py",
                    "tests/rules/test_retention.py",
                    "tests/private/test_backups.py",
                ),
            ),
            Measure("Sign-in names and secret words are kept as keyed hashes.", ("tests/crypto/test_secrets.py",)),
        ),
        "Messages of the forum can be read in a copy of the disk that was not encrypted, or whose key was given up.",
    ),
    Adversary(
        "A relative who shares the phone and does harm",
        (
            Measure(
                "“Leave quickly” works without a session and clears what this site left in the browser.",
                ("tests/browser/test_leaving.py",),
            ),
            Measure("A shared phone signs out when the browser closes.", ("tests/pages/test_sessions.py",)),
        ),
        "The history of the phone, and a phone that is watched or unlocked by force.",
    ),
    Adversary(
        "A moderator, steward or administrator who is curious",
        (
            Measure(
                "Roles see what their duty needs: a steward reads no closed space.",
                ("tests/promises/test_what_others_see.py", "tests/promises/test_every_route.py"),
            ),
            Measure(
                "Nobody changes the rules of a space alone, and decisions stand in a chain that shows tampering.",
                ("tests/rules/test_two_hosts.py", "tests/rules/test_the_ledger.py"),
            ),
            Measure(
                "Who may not read a case cannot tell that it exists.",
                ("tests/private/test_two_worlds.py", "tests/private/test_who_may_read.py"),
            ),
        ),
        "Whoever holds the server can read the community's database and what is typed while they are there.",
    ),
    Adversary(
        "Scammers, traffickers and raiders",
        (
            Measure(
                "First messages, lures and private details are held for a person.",
                ("tests/moderation/test_scams_and_danger.py", "tests/moderation/test_private_data.py"),
            ),
            Measure("One press locks a space.", ("tests/journeys/test_hosting.py",)),
            Measure("Crowds at the door are slowed down.", ("tests/attack/test_a_crowd_at_the_door.py",)),
        ),
        "Somebody who is patient and behaves well until people trust them; whatever happens outside this site.",
    ),
    Adversary(
        "Somebody on the network",
        (
            Measure(
                "No address is logged; pages load nothing from elsewhere.",
                ("tests/promises/test_every_route.py", "tests/promises/test_templates_and_sheets.py"),
            ),
            Measure(
                "Over TLS a session's cookie belongs to this address alone; without TLS, pages say so.",
                ("tests/pages/test_sessions.py", "tests/private/test_handover.py"),
            ),
        ),
        "That somebody visits this site, when and how much: for that a person needs Tor or a shared line.",
    ),
    Adversary(
        "Staff who are accused in a report",
        (
            Measure(
                "A concern goes around whoever it is about, and their pages are the same with and without it.",
                ("tests/private/test_two_worlds.py", "tests/private/test_stolen_room.py"),
            ),
            Measure(
                "The office outside reads what nobody answered in time, if the reporter said yes.",
                ("tests/private/test_forms_of_the_door.py", "policies/reporting.toml"),
            ),
        ),
        "Two readers or two recovery officers who act together against the reporter.",
    ),
    Adversary(
        "A member who wants to link two pseudonyms",
        (
            Measure(
                "No page, id, order or time links the names of one person in two spaces.",
                ("tests/attack/test_linking_pseudonyms.py",),
            ),
        ),
        "A way of writing, or a story that somebody tells in both spaces.",
    ),
)
