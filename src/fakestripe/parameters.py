"""Checks decoded parameters against the tables derived from the official SDK.

The tables (`parameters.json`) list every parameter the SDK's typed classes know, so a misspelt
or invented one is refused just as Stripe refuses it. A node may carry `fields` (object),
`items` (list), `map` (free keys), `enum`, `type`, `required`, and `unset` (may be emptied).
"""

import functools
import json
from pathlib import Path
from typing import Any

from fakestripe import Json
from fakestripe.errors import ApiError, invalid
from fakestripe.metadata import check_metadata


@functools.cache
def tables() -> dict[str, Json]:
    loaded: dict[str, Json] = json.loads(Path(__file__).with_name("parameters.json").read_text())
    return loaded


def check(operation: str, params: Json) -> Json:
    """The parameters with their right types (int, bool, list …), or a 400 in Stripe's words."""
    return check_fields(tables()[operation]["fields"], params, "")


def check_fields(fields: Json, given: Json, path: str) -> Json:
    unknown = [nested(path, name) for name in given if name not in fields]
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        message = f"Received unknown parameter{plural}: {', '.join(unknown)}"
        raise invalid(message, unknown[0], "parameter_unknown")
    for name, node in fields.items():
        if node.get("required") and name not in given:
            missing = nested(path, name)
            raise invalid(f"Missing required param: {missing}.", missing, "parameter_missing")
    checked = {name: check_value(fields[name], given[name], nested(path, name)) for name in given}
    if checked.get("metadata"):
        check_metadata(checked["metadata"])
    return checked


def nested(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def check_value(node: Json, value: Any, path: str) -> Any:
    if isinstance(value, dict):
        return check_nested(node, value, path)
    if value == "":
        return check_empty(node, path)
    if "enum" in node:
        return check_choice(node["enum"], value, path)
    if "type" in node:
        return check_scalar(node["type"], value, path)
    raise wrong("array" if "items" in node else "object", path)


def check_nested(node: Json, value: Json, path: str) -> Any:
    if "items" in node:
        return check_list(node["items"], value, path)
    if "fields" in node:
        return check_fields(node["fields"], value, path)
    if "map" in node:
        return {
            key: check_entry(node["map"], item, nested(path, key)) for key, item in value.items()
        }
    raise wrong("string", path)


def check_list(node: Json, value: Json, path: str) -> list[Any]:
    if not all(key.isdecimal() for key in value):
        raise wrong("array", path)
    return [check_value(node, value[key], nested(path, key)) for key in sorted(value, key=int)]


def check_entry(node: Json, value: Any, path: str) -> Any:
    """A value under a free key; empty means "take this key away" and is kept as such."""
    return "" if value == "" else check_value(node, value, path)


def check_empty(node: Json, path: str) -> str:
    if node.get("unset") or "map" in node:
        return ""
    message = (
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset "
        f"a parameter; however '{path}' cannot be unset. You should remove '{path}' from your "
        "request or supply a non-empty value."
    )
    raise invalid(message, path, "parameter_invalid_empty")


def check_choice(choices: list[Any], value: str, path: str) -> str:
    if value not in choices:
        name = path.rpartition("[")[2].rstrip("]")
        *others, last = [str(choice) for choice in choices]
        listed = f"{', '.join(others)}, or {last}" if others else last
        raise invalid(f"Invalid {name}: must be one of {listed}", path)
    return value


def check_scalar(kind: str, value: str, path: str) -> Any:
    if kind == "integer":
        return check_integer(value, path)
    if kind == "boolean":
        if value not in ("true", "false"):
            raise invalid(f"Invalid boolean: {value}", path)
        return value == "true"
    if kind in ("number", "decimal"):
        return check_decimal(value, path)
    return value


def check_integer(value: str, path: str) -> int:
    sign, digits = (value[:1], value[1:]) if value[:1] == "-" else ("", value)
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 18:
        raise invalid(f"Invalid integer: {value}", path, "parameter_invalid_integer")
    return int(sign + digits)


def check_decimal(value: str, path: str) -> str:
    whole, _, rest = value.removeprefix("-").partition(".")
    if not (whole + rest).isascii() or not (whole + rest).isdecimal():
        raise invalid(f"Invalid decimal: {value}", path)
    return value


def wrong(kind: str, path: str) -> ApiError:
    return invalid(f"Invalid {kind}", path)
