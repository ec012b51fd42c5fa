"""`bodega sql`: ask the four files, beside a living shop. Reads only, unless --write."""

import os
import sys
from collections.abc import Iterator
from typing import cast

import bodega.databases  # noqa: F401 - before sqlite3: one SQLite library
from bodega.databases.layout import FILES, Role, volume_name
from bodega.databases.looking import CannotLook, Reader
from bodega.ops.console import desk as desks
from bodega.ops.console import formats
from bodega.ops.console.asking import Refused
from bodega.ops.console.desk import Desk
from bodega.ops.console.options import ROLES, USAGE, Options, WrongWords, parse
from bodega.ops.console.statements import statements


def run(arguments: list[str]) -> int:
    """Answer. Exit codes: 0 answered, 1 refused or failed with a sentence, 2 wrong words."""
    try:
        options = parse(arguments)
    except WrongWords as error:
        print(f"bodega sql: {error}\n\n{USAGE}", end="", file=sys.stderr)
        return 2
    if options.wants_help:
        print(USAGE, end="")
        return 0
    try:
        converse(options)
    except (Refused, CannotLook) as error:
        print(f"bodega sql: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bodega sql: stopped, as you asked.", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def converse(options: Options) -> None:
    """One-shot statements, a script from stdin, or a shell. Raises Refused, CannotLook."""
    desk = make_desk(options)
    is_shell = not options.sql and sys.stdin.isatty()
    try:
        if options.may_write:
            change(desk, options, is_shell=is_shell)
        elif is_shell:
            talk(desk, options, desk.answer)
        else:
            for statement in asked(options.sql):
                desk.answer(statement)
    finally:
        desk.reader.close()


def make_desk(options: Options) -> Desk:
    """Open what is to be read. Raises CannotLook."""
    directory = options.volume or volume_name()
    files = {"main": file_path(options.file, directory)}
    files |= {role: file_path(role, directory) for role in options.attach if role != options.file}
    width = desks.terminal_columns(sys.stdout)
    table = formats.aligned_table(width=None if options.is_full else width)
    return Desk(
        reader=Reader(files),
        show={"csv": formats.csv, "json": formats.json}.get(options.format, table),
        seconds=options.seconds,
        out=sys.stdout,
        speak=desks.speak_aside,
        is_for_people=width is not None and options.format == "table",
    )


def file_path(name: str, directory: str) -> str:
    """The file to ask: a role of the volume, or any database by its path. Raises CannotLook."""
    if name not in ROLES:
        return os.path.abspath(name)
    if not os.path.exists(os.path.join(directory, "volume.json")):
        raise CannotLook(
            f"{directory} is not a volume: it has no volume.json. Is it mounted? "
            "Another directory: --volume DIR, or $BODEGA_VOLUME"
        )
    return os.path.abspath(os.path.join(directory, FILES[cast(Role, name)].name))


def asked(words: list[str]) -> Iterator[str]:
    """The statements of the command line, or of stdin as they come in."""
    if not words:
        return statements(sys.stdin)
    return (statement for text in words for statement in statements([text]))


def talk(desk: Desk, options: Options, answer: desks.Speak) -> None:
    """A shell, until somebody leaves."""
    from bodega.ops.console.shell import History, Shell, history_file

    name = os.path.basename(options.file).partition(".")[0]
    mode = "WRITING" if options.may_write else "read-only"
    desk.speak(f"{desk.reader.files['main']}, {mode}. .help shows what there is.")
    with History(history_file() if options.has_history else None):
        Shell(desk, name, input, answer).talk()


def change(desk: Desk, options: Options, *, is_shell: bool) -> None:
    """Change rows: all statements in one transaction, in a shell each in its own. Raises Refused."""
    from pathlib import Path

    from bodega.ops.console.changing import Changer, ask_at_terminal, nobody_to_ask

    ask = ask_at_terminal if sys.stdin.isatty() else nobody_to_ask
    directory = Path(options.volume or volume_name())
    changer = Changer(directory, cast(Role, options.file), desk, ask)
    changer.admit(options.shop)
    if is_shell:
        talk(desk, options, lambda statement: changer.change([*statements([statement])]))
    else:
        changer.change([*asked(options.sql)], is_agreed=options.is_agreed)
