"""What a tool's reference allows in its file, written as Python; `strange` names all else.

A shape is a type, a list of one shape, a dictionary of known keys ("*": any other key), a set of allowed
values, or a tuple of shapes of which one must fit.
"""

from typing import Any


def strange(found: Any, shape: Any, where: str = "") -> list[str]:
    """What in a document its shape does not allow, a sentence each; [] when all is known."""
    if isinstance(shape, tuple):
        alike = [each for each in shape if isinstance(each, type(found))] or shape
        tried = [strange(found, each, where) for each in (*alike, *shape)]
        return [] if [] in tried else tried[0]
    if isinstance(shape, dict):
        if not isinstance(found, dict):
            return [f"{where or 'the document'} must be a mapping"]
        wrong = []
        for key, value in found.items():
            if key not in shape and "*" not in shape:
                wrong.append(f"{where}.{key} is not known".lstrip("."))
            else:
                wrong += strange(
                    value, shape.get(key, shape.get("*")), f"{where}.{key}".lstrip(".")
                )
        return wrong
    if isinstance(shape, list):
        if not isinstance(found, list):
            return [f"{where} must be a list"]
        return [
            each
            for n, item in enumerate(found)
            for each in strange(item, shape[0], f"{where}[{n}]")
        ]
    if isinstance(shape, set):
        return [] if found in shape else [f"{where} must be one of {sorted(map(str, shape))}"]
    is_it = isinstance(found, shape) and not (shape is int and isinstance(found, bool))
    return [] if is_it else [f"{where} must be {getattr(shape, '__name__', shape)}"]
