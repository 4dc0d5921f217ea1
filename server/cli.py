"""The command `baraza`: every act of an operator. Heavy parts are imported only by the command that needs them."""

import io
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from server import backup_commands, moving_commands, places, retention_commands
from server.desk_commands import desk_app
from server.errors import BootRefused
from server.officer_commands import officer_app
from server.received_commands import received_app

app = typer.Typer(
    name="baraza",
    help="A safe online community space: a moderated forum with pseudonymous accounts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
staff_app = typer.Typer(help="People who run and moderate the place.", no_args_is_help=True)
model_app = typer.Typer(help="The embedded model: its card, training, measuring.", no_args_is_help=True)
policy_app = typer.Typer(help="The policies: what a change would do.", no_args_is_help=True)
app.add_typer(staff_app, name="staff")
app.add_typer(policy_app, name="policy")
app.add_typer(model_app, name="model")
audit_app = typer.Typer(help="The ledger of what was decided.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")
app.add_typer(officer_app, name="officer")
app.add_typer(desk_app, name="desk")
app.add_typer(received_app, name="received")
backup_commands.add_to(app)
moving_commands.add_to(app)
retention_commands.add_to(app)

DataDir = Annotated[Path | None, typer.Option("--data", help="The data directory (else BARAZA_DATA_DIR, else ./var).")]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")]


def main() -> None:
    """Run a command; a refusal is one plain sentence and status 1."""
    os.umask(0o077)  # whatever this process writes is for its own user only
    try:
        app(prog_name="baraza")
    except BootRefused as refused:
        print(f"baraza: {refused}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


@app.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data: DataDir = None,
    accounts_json: Annotated[Path | None, typer.Option(help="Write the sign-ins to this file too.")] = None,
) -> None:
    """A complete community on invented content, served at once."""
    from server.demo.running import run_demo

    run_demo(host=host, port=port, data_dir=data or Path(tempfile.mkdtemp(prefix="baraza-")), accounts=accounts_json)


@app.command()
def test(context: typer.Context) -> None:
    """The whole test suite (in a checkout: ./baraza test)."""
    if not (places.CHECKOUT / "tests").is_dir():
        raise BootRefused("The tests are in the checkout. Clone it and run ./baraza test there.")
    raise BootRefused("Run ./baraza test: the script installs what the tests need.")


@app.command()
def init(
    data: DataDir = None,
    space: Annotated[str, typer.Option(help="Address of the first space.")] = "questions",
    name: Annotated[str, typer.Option(help="Name of the first space.")] = "Questions and answers",
    host: Annotated[str, typer.Option(help="Who hosts it, as people will read it.")] = "",
    languages: Annotated[str, typer.Option(help="Languages of the space, with commas between.")] = "en",
    timezone: Annotated[str, typer.Option(help="Time zone of the space.")] = "UTC",
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
) -> None:
    """First start of an installation: data directory, keys, database, first space, first steward."""
    from server.operating import first_start

    if not yes and not host:
        host = typer.prompt("Who hosts the first space (people will read this name)")
        name = typer.prompt("Name of the first space", default=name)
        languages = typer.prompt("Its languages", default=languages)
        timezone = typer.prompt("Its time zone", default=timezone)
    codes = [code.strip() for code in languages.split(",") if code.strip()]
    for line in first_start(_settings(data), slug=space, name=name, host=host, languages=codes, timezone=timezone):
        print(line)


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes; for PostgreSQL with Redis.")] = 1,
    data: DataDir = None,
) -> None:
    """The server."""
    from server.answering import serve as run

    run(_settings(data), host=host, port=port, workers=workers)


@app.command(hidden=True)
def worker(
    fd: Annotated[int, typer.Option()],
    life: Annotated[int, typer.Option()],
    room: Annotated[Path, typer.Option()],
    host: Host = "127.0.0.1",
    announce: Annotated[bool, typer.Option("--announce")] = False,
    data: DataDir = None,
) -> None:
    """One of several processes; `serve --workers` starts it."""
    from server.answering import work

    work(_settings(data), fd=fd, life=life, room=room, host=host, announce=announce)


@app.command()
def private(data: DataDir = None) -> None:
    """The private room alone, as a user of its own; BARAZA_PRIVATE_SOCKET names where the community finds it."""
    from server.answering import serve_private

    serve_private(_settings(data))


@app.command()
def check(
    data: DataDir = None,
    dpia: Annotated[Path | None, typer.Option(help="Write the impact assessment to this new file, as HTML.")] = None,
    register: Annotated[Path | None, typer.Option(help="Write the register of processing there, as CSV.")] = None,
) -> None:
    """Settings, policies, keys, files, database: a table, and status 1 if anything is wrong."""
    if dpia is not None or register is not None:
        _write_papers(data, dpia, register)
        return
    from server.findings import findings
    from server.tables_out import table

    found = findings(data)
    table("What Baraza found", ("", "Part", "Finding"), [(f.mark, f.part, f.sentence) for f in found])
    raise SystemExit(1 if any(not f.fine for f in found) else 0)


@app.command()
def notify(data: DataDir = None) -> None:
    """Try the notifier: what the server does at its hours, once, now."""
    from server.notifier import tell, told

    chosen = _settings(data)
    told(chosen.notifier_command, chosen.notifier_hours)
    failed = tell(chosen.notifier_command) if chosen.notifier_command else "is not set: BARAZA_NOTIFIER_COMMAND"
    if failed:
        raise BootRefused(f"The notifier {failed}.")
    print("Told. Did it come?")


@app.command()
def migrate(data: DataDir = None) -> None:
    """Bring both databases to the newest revision."""
    from server.operating import migrate as run

    print(run(_settings(data)))


@audit_app.command("verify")
def audit_verify(data: DataDir = None) -> None:
    """Walk along the chain of decisions: every seal, every link, every move. Status 1 if anything is wrong."""
    from server.operating import audited

    fine, lines = audited(_settings(data))
    for line in lines:
        print(line)
    raise SystemExit(0 if fine else 1)


@staff_app.command("add")
def staff_add(
    role: Annotated[str, typer.Argument(help="steward, protection_lead, host, moderator, facilitator or protection")],
    space: Annotated[
        str, typer.Option(help="For every role but steward and protection_lead: the address of the space.")
    ] = "",
    data: DataDir = None,
) -> None:
    """A one-time link that makes somebody staff; shown once."""
    from server.operating import staff_link

    for line in staff_link(_settings(data), role=role, space=space):
        print(line)


@staff_app.command("remove")
def staff_remove(
    role: Annotated[str, typer.Argument(help="steward, protection_lead, host, moderator, facilitator or protection")],
    name: Annotated[
        str,
        typer.Argument(help="The name seen in the space; without --space the sign-in name."),
    ],
    space: Annotated[
        str, typer.Option(help="For every role but steward and protection_lead: the address of the space.")
    ] = "",
    data: DataDir = None,
) -> None:
    """Take a role away and end every session of that person."""
    from server.operating import staff_removed

    print(staff_removed(_settings(data), role=role, space=space, name=name))


@staff_app.command("reset-code")
def staff_reset_code(
    name: Annotated[str, typer.Argument(help="The name seen in the space; without --space the sign-in name.")],
    space: Annotated[str, typer.Option(help="The address of a space that the person is in.")] = "",
    data: DataDir = None,
) -> None:
    """Take a lost code app off an account; its roles come again by new links."""
    from server.operating import code_reset

    for line in code_reset(_settings(data), name=name, space=space):
        print(line)


@app.command()
def invite(
    space: Annotated[str, typer.Argument(help="The address of the space.")],
    count: Annotated[int, typer.Option(min=1, max=500)] = 1,
    data: DataDir = None,
) -> None:
    """Single-use invitation codes for a space; shown once."""
    from server.operating import invitations

    for line in invitations(_settings(data), space=space, count=count):
        print(line)


@app.command()
def screen(
    text: Annotated[str | None, typer.Argument(help="The text; without it, lines from standard input.")] = None,
    json_lines: Annotated[bool, typer.Option("--json-lines", help='Lines are {"text": …}.')] = False,
    data: DataDir = None,
) -> None:
    """What the machine says: one JSON verdict for each line."""
    from moderation import commands

    lines: Iterable[str] = [text] if text is not None else io.TextIOWrapper(sys.stdin.buffer, "utf-8", "replace")
    policy = places.policies(data or Path("var")) / "moderation.toml"
    raise SystemExit(commands.screen_lines(lines, _said, policy_path=policy, json_lines=json_lines))


@policy_app.command("try")
def policy_try(
    file: Annotated[Path, typer.Argument(help="A changed moderation.toml.")],
    days: Annotated[int, typer.Option(min=1, max=365, help="How far to look back.")] = 30,
    data: DataDir = None,
) -> None:
    """What a changed moderation.toml would have done with the texts of the last days; counts only."""
    from server.tables_out import table
    from server.trying import HELD, PUBLISHED, RAISED, try_policy

    trial = try_policy(_settings(data), file, days=days)
    fates = [(fate, trial.before[fate], trial.after[fate]) for fate in (PUBLISHED, RAISED, HELD)]
    table(f"{trial.texts} texts of {days} days", ("What became of them", "Now", "With the change"), fates)
    if not trial.changes:
        print("Nothing would have gone another way.")
        return
    rows = [(c.rule, c.language, c.before, c.after, count) for c, count in trial.changes.most_common()]
    table("What would change", ("Rule", "Language", "Now", "With the change", "Texts"), rows)


@model_app.command("info")
def model_info() -> None:
    """The model card."""
    from moderation import commands

    raise SystemExit(commands.model_info(sys.stdout.write))


@model_app.command("train")
def model_train(
    corpus: Annotated[Path, typer.Argument(help="Folder of <language>.tsv.xz files.")],
    out: Annotated[Path, typer.Option(help="Folder for the weights, the thresholds and the card.")] = Path("model"),
    sources: Annotated[str, typer.Option(help="all or permissive")] = "all",
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train the model anew, reproducibly from a seed (needs scikit-learn)."""
    from moderation import commands

    if not corpus.is_dir():
        raise BootRefused(f"There is no folder {corpus}.")
    if sources not in ("all", "permissive"):
        raise BootRefused("The sources are either all or permissive.")
    if out.suffix != ".npz":
        out.mkdir(parents=True, exist_ok=True)
    raise SystemExit(commands.model_train(corpus, out, sources, seed, sys.stdout.write))


@model_app.command("import")
def model_import(
    checkpoint: Annotated[Path, typer.Option(help="A checkpoint of Detoxify (.ckpt).")],
    base: Annotated[Path, typer.Option(help="Folder with config.json and the tokenizer's files.")],
    out: Annotated[Path, typer.Option(help="New folder for what the server reads.")],
) -> None:
    """Make the weights of Detoxify ready for the server (needs the extra "detoxify"; fetches nothing)."""
    from moderation import commands

    try:
        status = commands.model_import(checkpoint, base, out, sys.stdout.write)
    except commands.importing.Refused as refused:
        raise BootRefused(str(refused)) from None
    raise SystemExit(status)


@model_app.command("evaluate")
def model_evaluate(corpus: Annotated[Path, typer.Argument(help="Folder of <language>.tsv.xz files.")]) -> None:
    """Error rates for each language."""
    from moderation import commands

    if not corpus.is_dir():
        raise BootRefused(f"There is no folder {corpus}.")
    raise SystemExit(commands.model_evaluate(corpus, sys.stdout.write))


@app.command()
def bench(
    part: Annotated[
        str,
        typer.Argument(
            help="pages, growth, screening, posting, search, pictures, queue, private, halls, hour, workers, all"
        ),
    ] = "all",
    attendees: Annotated[int, typer.Option(min=200, max=9_000, help="People in the hall.")] = 5_000,
    database: Annotated[str, typer.Option(help="For workers: an empty PostgreSQL database.")] = "",
    redis: Annotated[str, typer.Option(help="For workers: a Redis or Valkey.")] = "",
    json_lines: Annotated[bool, typer.Option("--json-lines", help="One JSON object for each figure.")] = False,
) -> None:
    """The benchmarks, each beside its yardstick of the same run."""
    from server.bench.running import run_bench
    from server.tables_out import table

    figures = run_bench(part, attendees=attendees, database=database, memory=redis)
    if json_lines:
        for figure in figures:
            print(json.dumps(asdict(figure)))
        return
    rows: list[tuple[Any, ...]] = []
    for f in figures:
        ratio = f"{f.ratio:.1f}×" if f.ratio is not None else ""
        rows.append((f.name, f"{f.value:.1f} {f.unit}", ratio, f.goal, "yes" if f.reached else "no"))
    table("Benchmarks", ("Figure", "Value", "Yardsticks", "Goal", "Reached"), rows)


def _said(line: str) -> None:
    """One verdict at a time, for whoever reads along."""
    sys.stdout.write(line)
    sys.stdout.flush()


def _write_papers(data: Path | None, dpia: Path | None, register: Path | None) -> None:
    from server.assessment.writing import write_assessment, write_register

    folder = places.policies(_settings(data).data_dir)
    if dpia is not None:
        print(write_assessment(folder, dpia))
    if register is not None:
        print(write_register(folder, register))


def _settings(data: Path | None) -> Any:
    from server import settings

    return settings.load(data_dir=data)


if __name__ == "__main__":
    main()
