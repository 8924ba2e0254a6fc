"""`engage delphi …`: the method for ratings from anywhere. What computes is imported when a command is given."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.delphi.analysis import Settings
    from bot.delphi.table import Table

commands = typer.Typer(no_args_is_help=True)


@commands.command("analyse")
def analyse_ratings(
    ratings: Annotated[Path, typer.Argument(help="CSV: panellist,group,<item>,… (empty: missing, U: unable).")],
    scale: Annotated[str, typer.Option(help="The declared scale, lowest and highest point: 1-9, 1-7, 1-5.")],
    group_column: Annotated[
        str | None, typer.Option(help="The column with the groups, if it is not called group.")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(help="The ratings of the round before: adds what changed since.")
    ] = None,
    quantiles: Annotated[int, typer.Option(help="Hyndman and Fan's type: 7, 6 (as SPSS) or 2 (as SAS).")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Analyse ratings: consensus, agreement, polarisation and, against a round before, stability."""
    from bot.delphi import document, printed
    from bot.delphi.analysis import analyse

    settings, problems = _settings(scale, quantiles)
    tables: list[Table | None] = []
    for file, group_required in ((ratings, group_column is not None), (previous, False)):
        if file is not None:
            table, found = _read(file, settings, group_column, group_required)
            tables.append(table)
            problems += found
    if settings is None or tables[0] is None or problems:
        for problem in problems:
            typer.echo(problem, err=True)
        raise typer.Exit(2)
    analysis = analyse(tables[0], settings, tables[1] if previous else None)
    if as_json:
        print(json.dumps(document.as_json(analysis), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        printed.show(analysis)


def _settings(scale: str, quantiles: int) -> "tuple[Settings | None, list[str]]":
    """What the options say, and what is wrong with them."""
    from bot.delphi.analysis import Settings
    from bot.delphi.quantile import QuantileType
    from bot.delphi.refused import Refused
    from bot.delphi.scale import Scale

    problems: list[str] = []
    known = [kind.value for kind in QuantileType]
    if quantiles not in known:
        problems.append(f"--quantiles: {quantiles} is not supported: use {', '.join(map(str, known))}")
    try:
        declared = Scale.parse(scale)
    except Refused as refused:
        return None, [f"--scale: {refused.reason}", *problems]
    return (None if problems else Settings(declared, QuantileType(quantiles))), problems


def _read(
    file: Path, settings: "Settings | None", group_column: str | None, group_required: bool
) -> "tuple[Table | None, list[str]]":
    """The table, and what is wrong with the file; without settings, only whether it can be read at all."""
    from bot.delphi.table import GROUP, TableErrors, read_table

    try:
        content = file.read_bytes()
    except OSError as error:
        return None, [f"{file}: cannot be read: {error.strerror}"]
    if settings is None:
        return None, []
    try:
        return read_table(content, settings.scale, file.name, group_column or GROUP, group_required), []
    except TableErrors as errors:
        return None, [str(problem) for problem in errors.problems]
