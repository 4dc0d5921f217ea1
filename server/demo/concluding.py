"""Ends a town hall of the demonstration, and writes its record, through the rules that halls end by."""

from datetime import timedelta
from typing import Any

from server.database import Transaction
from server.policies import Policies
from server.townhall.forgetting import conclude
from server.townhall.halls import queries
from server.townhall.halls.queries import HallRow
from server.townhall.halls.team import Acting
from server.townhall.record import queries as records
from server.townhall.record import rules
from server.townhall.record.models import Record, Standing
from server.townhall.record.queries import PromiseWords
from server.townhall.record.rules import Promise
from server.townhall.running.closing import close

OWED_DAYS = 14


def concluded(tx: Transaction, hall: HallRow, entry: dict[str, Any], by: Acting, policies: Policies) -> None:
    """The hall is over, what nobody answered is owed by somebody, and the record can be read."""
    close(tx, hall, by)
    hall = queries.held_alone(tx, hall.id)
    tx.session.add(Record(hall_id=hall.id, numbers={"attended": entry["record"]["seats"]}))
    conclude(tx, hall.id, by.at)
    day = by.at.date()
    for question in records.owed(tx, hall.id):
        rules.owe(tx, hall, question, "Bridge Network", day + timedelta(days=OWED_DAYS), by)
    for promised in entry["record"]["commitment"]:
        _promised(tx, hall, promised, by)
    least, days = policies.halls.least_told, policies.retention.hall_days
    rules.publish(tx, hall, by, least=least, days=days)


def _promised(tx: Transaction, hall: HallRow, entry: dict[str, Any], by: Acting) -> None:
    """Planned at first, and as it stands now some days later."""
    because = entry.get("because", {})
    words = {
        language: PromiseWords(said, entry["we_do"][language], because.get(language, ""))
        for language, said in entry["you_said"].items()
    }
    due_on = by.at.date() + timedelta(days=entry["due_in_days"]) if "due_in_days" in entry else None
    made = rules.promise(tx, hall, Promise(words, entry["owner"], due_on), by)
    later = Acting(by.member_id, by.role, by.number, by.at + timedelta(days=entry["after"]))
    rules.change(tx, hall, made, Promise({}, entry["owner"], due_on, Standing(entry["standing"])), later)
