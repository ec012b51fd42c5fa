"""The merchant's own folder: `shop.env`, `secrets.env`, templates and static files that win.

`bodega init NAME` writes one (`bodega.ops.founding`). Whatever verb runs enters it first, so that a
shell, a service unit, a container and a deploy of a newer folder all find the same settings. Only `os`
is imported: `bodega sql` pays for every module.
"""

import os

SETTINGS = "shop.env"
SECRETS = "secrets.env"
VARIABLE = "BODEGA_SHOP"
VOLUME = "BODEGA_VOLUME"
SAID = "BODEGA_SHOP_SAID"  # what a folder has set: the one thing a newer folder may change


def find(prefix: str, current: str) -> str | None:
    """The merchant's folder, or None. `prefix`: of the Python that runs; `current`: where we are.

    First the one whose environment runs (`.venv` lies in it): a release brings its own templates, even
    when the supervisor that starts it was told of an older folder. Then BODEGA_SHOP, then where we are.
    """
    named = os.environ.get(VARIABLE, "")
    for folder in (os.path.dirname(prefix), named, current):
        if folder and os.path.isfile(os.path.join(folder, SETTINGS)):
            return os.path.abspath(folder)
    return None


def enter(folder: str) -> None:
    """Take the settings of a folder into the environment, where they are not set already.

    What an older folder of the same shop has set does not count as set: after a deploy, a release's own
    `shop.env` holds. Raises ValueError with a sentence when a file cannot be read as one.
    """
    for name in os.environ.pop(SAID, "").split():
        os.environ.pop(name, None)
    settings, secrets = (read(os.path.join(folder, file)) for file in (SETTINGS, SECRETS))
    told = settings | secrets
    fresh = {name: value for name, value in told.items() if name not in os.environ}
    volume = fresh.pop(VOLUME, "storage")
    os.environ.setdefault(VOLUME, os.path.join(folder, volume))  # no deploy moves a shop elsewhere
    said = [name for name in fresh if name not in secrets]  # those stay: a new folder has none yet
    os.environ |= {**fresh, VARIABLE: folder, SAID: " ".join(said)}


def read(path: str) -> dict[str, str]:
    """`NAME=value` lines; blank lines and those that begin with # are left out, quotes are taken off.

    The common ground of Docker's, systemd's and the shell's files: no `export`, nothing is expanded.
    Empty when there is no such file. Raises ValueError with a sentence.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}.") from error
    told = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        name, is_setting, value = line.partition("=")
        if not is_setting or not name.isidentifier():
            raise ValueError(f"{path}, line {number}: '{name}' is not NAME=value.")
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        told[name] = value
    return told
