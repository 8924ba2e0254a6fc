"""`engage study …`: a study's definition, and what an operator does with a study. What a command needs is imported
when it is given."""

import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from bot.delphi.definition import Definition
    from bot.delphi.protocol import Protocol
    from storage.sealing import Sealing
    from storage.studies import Study

T = TypeVar("T")
SEALED = (
    "Afterwards nobody can say whose an answer is, the panellists themselves included: no answer can be shown to "
    "the one who gave it, corrected or deleted, nobody can be asked about theirs, and the study cannot go on."
)
commands = typer.Typer(no_args_is_help=True)

Code = Annotated[str, typer.Argument(help="The study's short name, as in its definition under `study`.")]
File = Annotated[Path, typer.Argument(help="A definition in YAML; docs/studies.md explains it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@commands.command("check")
def check_definition(file: File) -> None:
    """Say all that is wrong with a definition, and what to do. Needs no settings; exit code 1 when it cannot be
    published."""
    from bot.delphi.checking import Weight

    definition = _read(file)
    for problem in definition.problems:
        typer.echo(_line(problem, Weight.WARNING))
    if definition.standing_in_the_way((Weight.ERROR, Weight.PUBLISHING)):
        raise typer.Exit(1)
    assert definition.protocol is not None
    typer.echo(f"{_summary(definition.protocol)} It can be published. Its hash is {definition.protocol.hash()}.")


@commands.command("import")
def import_definition(
    file: File,
    publish: Annotated[bool, typer.Option("--publish", help="Freeze it and invite the panel right away.")] = False,
) -> None:
    """Keep a definition as a draft, in the place of the draft that has its name. A definition with a mistake in it is
    not taken at all."""
    from bot.delphi.checking import Weight

    definition = _read(file)
    blocking = (Weight.ERROR, Weight.PUBLISHING) if publish else (Weight.ERROR,)
    for problem in definition.problems:
        typer.echo(_line(problem, Weight.WARNING if publish else Weight.PUBLISHING), err=True)
    if definition.standing_in_the_way(blocking) or definition.protocol is None:
        _fail("Nothing was taken.")
    typer.echo(_run(lambda engine: _import(engine, _required(definition), publish)))


@commands.command("status")
def show_status(code: Annotated[str, typer.Argument(help="One study; all of them when it is left out.")] = "") -> None:
    """Say where a study stands: its panel, its rounds, who has answered. Never who answered what."""
    for line in _run(lambda engine: _status(engine, code)):
        typer.echo(line)


@commands.command("close")
def close_study(
    code: Code,
    reason: Annotated[str, typer.Option(help="Why it ends; the report prints it.", prompt="Why does it end")],
    yes: Yes = False,
) -> None:
    """End a study now. A round that is open closes, its outcome is computed, and the panel is told."""
    if not yes:
        typer.confirm(f"End {code}? Nothing can be answered any more, and no round opens again.", abort=True)
    typer.echo(_run(lambda engine: _close(engine, code, reason)))


@commands.command("export")
def export_definition(
    code: Code,
    to: Annotated[Path | None, typer.Option(help="A file; printed when it is left out.")] = None,
) -> None:
    """Write out the definition of a study as it is in force, without the people on its panel."""
    from bot.delphi.definition import write_definition

    text = write_definition(_run(lambda engine: _protocol(engine, code)))
    if to is None:
        typer.echo(text, nl=False)
    else:
        to.write_text(text, encoding="utf-8")
        typer.echo(f"Wrote {to}.")


@commands.command("report")
def write_report(
    code: Code,
    to: Annotated[Path, typer.Option(help="The folder to write into; it is made when it is not there.")],
    language: Annotated[str, typer.Option(help="en, fr or es.")] = "en",
) -> None:
    """Write the report of a study: documents, tables, pictures, de-identified data, and the script that computes its
    numbers again. Only rounds that have closed are in it."""
    from bot.locales import LANGUAGES

    if language not in LANGUAGES:
        _fail(f"There are reports in {', '.join(LANGUAGES)}, not in {language}.", 2)
    files = _run(lambda engine: _report(engine, code, language))
    for name, content in files.items():
        path = to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    typer.echo(f"Wrote {len(files)} files to {to}. `python {to / 'recompute.py'}` computes the numbers again.")


@commands.command("seal")
def seal_study(code: Code, yes: Yes = False) -> None:
    """Destroy, for good, what leads from answers to people. For a study that has ended and whose report is written."""
    from dataclasses import asdict

    if (found := _run(lambda engine: _sealing(engine, code))) is not None:
        for name, count in asdict(found).items():
            typer.echo(f"{name}: {count}")
        typer.echo(SEALED)
    if found is not None and not yes:
        typer.confirm(f"Seal {code}? This cannot be undone.", abort=True)
    _run(lambda engine: _seal(engine, code))
    typer.echo(f"{code} is sealed. Backups that were made before still hold what was destroyed here: delete them, too.")


async def _import(engine: "AsyncEngine", protocol: "Protocol", at_once: bool) -> str:
    from bot.clock import system_clock
    from bot.flows.studies.acts import publish
    from storage import studies

    now = system_clock()
    async with engine.begin() as connection:
        there = await studies.by_code(connection, protocol.study)
        if there is not None and there.state != "draft":
            _fail(f"{protocol.study} was published already. Give the new one another name under `study`.")
        raw = protocol.model_dump(mode="json")
        if there is None:
            id = await studies.create(connection, protocol.study, raw, None, now)
        else:
            id = there.id if await studies.change_draft(connection, there.id, protocol.study, raw) else None
        if id is None:
            _fail(f"{protocol.study} was changed in this moment by somebody else. Look at it, and try again.")
        if not at_once:
            return f"{_summary(protocol)} It is kept as a draft; /studies shows and publishes it."
        if problems := await publish(connection, id, now):
            _fail("\n".join(str(problem) for problem in problems))
    return f"{_summary(protocol)} It is published, and its panel is invited. Its hash is {protocol.hash()}."


async def _status(engine: "AsyncEngine", code: str) -> list[str]:
    from storage import answers, panels, studies

    async with engine.begin() as connection:
        if not code:
            found = await studies.listed(connection)
            return [f"{study.code}: {study.state}" for study in found] or ["There is no study."]
        study = await _study(connection, code)
        lines = [f"{study.code}: {study.state}" + (f", because: {study.stop_reason}" if study.stop_reason else "")]
        if study.protocol_hash:
            lines.append(f"protocol: {study.protocol_hash}")
        states = await panels.counts(connection, study.id)
        for state in ("invited", "consented", "declined", "withdrawn"):
            count = sum(n for (each, _), n in states.items() if each == state)
            lines += [f"{state}: {count}"] if count else []
        for each in await studies.rounds(connection, study.id):
            times = f"{each.opens_at:%Y-%m-%d %H:%M} to {each.closes_at:%Y-%m-%d %H:%M} UTC"
            lines.append(f"round {each.number}: {each.state}, {times}")
            if each.state in ("open", "closed"):
                asked = [one for one in await answers.responses(connection, each.id) if not one.withdrew]
                everything = sum(one.answered >= one.asked for one in asked)
                part = sum(0 < one.answered < one.asked for one in asked)
                lines.append(f"  answered all: {everything}, part: {part}, nothing: {len(asked) - everything - part}")
        lines += [
            f"amended {one.at:%Y-%m-%d}: {one.what}, {one.before} → {one.after} ({one.reason or 'no reason given'})"
            for one in await studies.amended(connection, study.id)
        ]
    return lines


async def _close(engine: "AsyncEngine", code: str, reason: str) -> str:
    from bot.clock import system_clock
    from bot.flows.studies.acts import stop
    from bot.flows.studies.rounds import Rounds

    async with engine.begin() as connection:
        study = await _study(connection, code)
        if not await stop(connection, study, reason, system_clock()):
            _fail(f"{code} is {study.state}: there is nothing to end.")
    await Rounds(engine, system_clock).tick()
    return f"{code} has ended. `engage study report {code} --to FOLDER` writes its report."


async def _protocol(engine: "AsyncEngine", code: str) -> "Protocol":
    from bot.delphi.protocol import Protocol

    async with engine.begin() as connection:
        return Protocol.model_validate((await _study(connection, code)).protocol)


async def _report(engine: "AsyncEngine", code: str, language: str) -> dict[str, bytes]:
    from bot.clock import system_clock
    from bot.delphi.report.making import build_report
    from bot.flows.studies.round_data import study_data
    from bot.locales import load

    async with engine.begin() as connection:
        data = await study_data(connection, await _study(connection, code))
    if not data.rounds:
        _fail(f"No round of {code} has closed yet: there is nothing to report.")
    return build_report(data, load()[language], random.SystemRandom(), system_clock())


async def _sealing(engine: "AsyncEngine", code: str) -> "Sealing | None":
    """What sealing would do; None for a study that is sealed, of which only the database's files are written anew."""
    from storage import sealing

    async with engine.begin() as connection:
        study = await _study(connection, code)
        found = await sealing.preview(connection, study.id)
    if found is None and study.state != "sealed":
        _fail(f"{code} cannot be sealed: it has not ended yet, or a round is still evaluated.")
    return found


async def _seal(engine: "AsyncEngine", code: str) -> None:
    from bot.clock import system_clock
    from bot.flows.studies.round_data import scrubbing
    from storage import sealing

    async with engine.begin() as connection:
        study = await _study(connection, code)
        scrub = await scrubbing(connection, study.id)
    try:
        done = await sealing.seal(engine, study.id, system_clock(), random.SystemRandom(), scrub)
    except sealing.Busy:
        _fail(f"{code} is sealed, but something else was using the database. Stop the bot and give this command again.")
    if done is None and study.state != "sealed":
        _fail(f"{code} was changed in this moment by somebody else. Look at it, and try again.")


async def _study(connection: "AsyncConnection", code: str) -> "Study":
    from storage import studies

    found = await studies.by_code(connection, code)
    if found is None:
        _fail(f"There is no study {code}. `engage study status` lists them.", 2)
    return found


def _read(file: Path) -> "Definition":
    from bot.clock import system_clock
    from bot.delphi.definition import read_definition

    try:
        content = file.read_bytes()
    except OSError as error:
        _fail(f"{file} cannot be read: {error.strerror}.", 2)
    return read_definition(content, file.name, system_clock(), lambda name: (file.parent / name).read_bytes())


def _required(definition: "Definition") -> "Protocol":
    assert definition.protocol is not None
    return definition.protocol


def _line(problem: object, light: str) -> str:
    """A problem that stands in nobody's way is marked as such."""
    from bot.delphi.checking import Weight
    from bot.delphi.written import Located

    assert isinstance(problem, Located)
    weights = list(Weight)
    is_light = weights.index(problem.problem.weight) >= weights.index(Weight(light))
    return f"{problem} (a remark)" if is_light else str(problem)


def _summary(protocol: "Protocol") -> str:
    rounds = [f"round {number}" for number, _ in protocol.numbered()]
    return f"{protocol.study}: {len(protocol.items)} items, {', '.join(rounds)}, {', '.join(protocol.languages)}."


def _run(work: "Callable[[AsyncEngine], Awaitable[T]]") -> T:
    """What comes of it on the database of the settings, which must have the tables of this version."""
    import uvloop

    from bot import log
    from bot.settings import read_settings
    from storage.database import open_database
    from storage.migrate import at_head

    settings = read_settings("migrate")
    log.configure(settings.secrets())

    async def on_database() -> T:
        engine = open_database(settings.database_url.get_secret_value())
        try:
            if not await at_head(engine):
                _fail("The database does not have the tables of this version yet: `engage migrate` makes them.")
            return await work(engine)
        finally:
            await engine.dispose()

    return uvloop.run(on_database())


def _fail(text: str, code: int = 1) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)
