"""Schemas that structured output is tried with, by families; each has a name that says what it is about."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any, Iterator

Schema = dict[str, Any]
Named = tuple[str, Schema]

INTEGER_BOUNDS = [(0, 0), (0, 9), (1, 12), (-1, 1), (-9, 9), (7, 93), (99, 101), (-105, 17), (1000, 9999), (-50, -49), (0, 255), (-32768, 32767),
                  (1900, 2100), (10**9, 10**10), (-(10**6), -(10**3)), (123456, 123499)]
NUMBER_BOUNDS = [(0, 1), (-1, 1), (0.5, 0.75), (-3.25, 12.5), (99.9, 100), (-0.001, 0.001), (1e-6, 1e-3), (1000, 1e6), (-1e6, -0.5), (2.5, 2.5)]
LENGTHS = [(0, 0), (1, 1), (0, 5), (2, 3), (5, 10), (1, 20), (17, 18), (130, 140), (0, 300)]
PATTERNS = [
    "^[a-z]+$", "^[A-Z][a-z]*$", "^[0-9]{3}-[0-9]{4}$", r"^\d{5}(-\d{4})?$", "^(red|green|blue)$", "^#[0-9a-fA-F]{6}$", r"^v\d+\.\d+\.\d+$", "^a*b+c?$",
    "^(ab|cd){2,4}$", "^x{3}$", "^[^a-z\"]{2}$", "^foo", "^$", "", "^(a|b)*abb$", r"^\w+@\w+\.(com|org)$", r"^[\w.-]{1,8}$", "^(0|[1-9][0-9]*)$",
    r"^\{[a-z]+\}$", r"^\\+$", r"^\"q\"$", "^é+ü?$", r"^[\u0041-\u0046]{2}$", "^(?:GET|PUT) /[a-z]*$", "^(a?b?c?d?)$", "^(a*)*$", "^((x|y)z?)+$", "^[a-c-]{1,3}$",
    r"^\+?[0-9 ()-]{7,12}$", "^.{3}$", "a|b", r"^\t?x$", "^[A-Z]{2}[0-9]{2}( ?[A-Z0-9]{4}){2}$", "^(1[0-2]|0?[1-9]):[0-5][0-9]$",
]
# A random text without end would hardly come by these.
BOUNDED_PATTERNS = ["foo", "foo$", "^.*end$", "^a|b$", "o.?o", r"\d\d"]
FORMATS = ["date", "time", "date-time", "duration", "uuid", "email", "hostname", "ipv4", "ipv6", "uri", "json-pointer", "of-our-own"]
ENUMS: list[list[Any]] = [
    ["a"], ["yes", "no"], [1, 2, 3], [None], [True, False], ["", "x"], [0.5, -1.25], ["é", "日本", "\"", "\\", "\n"], [{"a": 1}, {"a": [1, 2]}], [[], [1], [[]]],
    [1, "1", None, True], [str(i) for i in range(50)], [-1, 0, 1e3], ["a/b", "a~b", "<tag>", "\t"],
]
SCALARS: dict[str, Schema] = {
    "null": {"type": "null"}, "boolean": {"type": "boolean"}, "integer": {"type": "integer"}, "number": {"type": "number"},
    "string": {"type": "string", "maxLength": 12}, "choice": {"enum": ["left", "right"]}, "nullable": {"type": ["integer", "null"]},
}


def integers() -> Iterator[Named]:
    for low, high in INTEGER_BOUNDS:
        yield f"integer {low} to {high}", {"type": "integer", "minimum": low, "maximum": high}
        if high - low > 1:
            yield f"integer between {low} and {high}", {"type": "integer", "exclusiveMinimum": low, "exclusiveMaximum": high}
    for low in (-10, 0, 8):
        yield f"integer from {low}", {"type": "integer", "minimum": low}
        yield f"integer to {low}", {"type": "integer", "maximum": low}
    for divisor in (1, 2, 3, 5, 7, 10, 12, 25, 100, 1000):
        yield f"multiple of {divisor}", {"type": "integer", "multipleOf": divisor}
        yield f"multiple of {divisor} with bounds", {"type": "integer", "multipleOf": divisor, "minimum": -1000, "maximum": 5000}


def numbers() -> Iterator[Named]:
    for low, high in NUMBER_BOUNDS:
        yield f"number {low} to {high}", {"type": "number", "minimum": low, "maximum": high}
        if low < high:
            yield f"number between {low} and {high}", {"type": "number", "exclusiveMinimum": low, "exclusiveMaximum": high}
    yield "number above 0", {"type": "number", "exclusiveMinimum": 0}
    yield "number below 0", {"type": "number", "exclusiveMaximum": 0}
    yield "number of whole tens", {"type": "number", "multipleOf": 10}


def strings() -> Iterator[Named]:
    for least, most in LENGTHS:
        yield f"{least} to {most} characters", {"type": "string", "minLength": least, "maxLength": most}
    for pattern in PATTERNS:
        yield f"pattern {pattern}", {"type": "string", "pattern": pattern}
    for pattern in PATTERNS[:4] + PATTERNS[7:8]:
        yield f"pattern {pattern} of 5 to 10", {"type": "string", "pattern": pattern, "minLength": 5, "maxLength": 10}
    for pattern in BOUNDED_PATTERNS:
        yield f"pattern {pattern} within 12", {"type": "string", "pattern": pattern, "maxLength": 12}
    for name in FORMATS:
        yield f"format {name}", {"type": "string", "format": name}


def values() -> Iterator[Named]:
    for number, each in enumerate(ENUMS):
        yield f"enum {number}", {"enum": each}
        yield f"const {number}", {"const": each[-1]}


def arrays() -> Iterator[Named]:
    for name, item in SCALARS.items():
        for least, most in ((0, 3), (1, 1), (2, 5)):
            yield f"{least} to {most} of {name}", {"type": "array", "items": item, "minItems": least, "maxItems": most}
    pair = [{"type": "integer"}, {"enum": ["x", "y"]}]
    yield "tuple", {"type": "array", "prefixItems": pair, "items": False, "minItems": 2}
    yield "open tuple", {"type": "array", "prefixItems": pair, "items": {"type": "null"}, "maxItems": 5}
    yield "tuple with a minimum", {"type": "array", "prefixItems": pair, "items": {"type": "boolean"}, "minItems": 3, "maxItems": 4}
    yield "nothing in it", {"type": "array", "items": False}
    yield "many", {"type": "array", "items": {"const": 0}, "minItems": 150, "maxItems": 160}
    yield "matrix", {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 2}}


def objects() -> Iterator[Named]:
    properties = {"zeta": {"type": "integer"}, "alpha": {"type": "boolean"}, "mid": {"enum": ["m"]}}
    subsets = list(chain.from_iterable(combinations(properties, n) for n in range(4)))
    for required in subsets:
        base: Schema = {"type": "object", "properties": properties, "required": list(required)}
        yield f"object that needs {required}", base
        yield f"closed object that needs {required}", base | {"additionalProperties": False}
        yield f"open object that needs {required}", base | {"additionalProperties": {"type": "null"}, "maxProperties": 5}
    for least, most in ((0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3)):
        yield f"object of {least} to {most}", {"type": "object", "properties": properties, "minProperties": least, "maxProperties": most}
    yield "map", {"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 3}
    yield "map with one", {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1, "maxProperties": 2}
    yield "odd names", {"type": "object", "properties": {name: {"const": 1} for name in ("", "a b", "é", "\"", "\\", "a/b~c", "\n")}}
    yield "undeclared names", {"type": "object", "required": ["u", "v"], "additionalProperties": {"type": "boolean"}, "maxProperties": 2}


def combined() -> Iterator[Named]:
    names = list(SCALARS)
    for one, other in combinations(names, 2):
        yield f"{one} or {other}", {"anyOf": [SCALARS[one], SCALARS[other]]}
    yield "one of two types", {"oneOf": [{"type": "boolean"}, {"type": "integer", "minimum": 0}]}
    yield "told apart by a const", {"oneOf": [
        {"type": "object", "properties": {"kind": {"const": "circle"}, "r": {"type": "number", "minimum": 0}}, "required": ["kind", "r"]},
        {"type": "object", "properties": {"kind": {"const": "square"}, "side": {"type": "integer"}}, "required": ["kind", "side"]}]}
    yield "told apart by what they need", {"oneOf": [
        {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]},
        {"type": "object", "properties": {"name": {"const": "n"}}, "required": ["name"]}]}
    yield "all of two objects", {"allOf": [
        {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
        {"properties": {"b": {"type": "boolean"}, "a": {"minimum": 3, "maximum": 5}}, "required": ["b"]}]}
    yield "all of three patterns", {"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "z$"}, {"pattern": "^[a-z]{3,6}$"}]}
    yield "alternatives beside a base", {"type": "object", "properties": {"v": {"type": "integer"}}, "required": ["v"],
                                         "anyOf": [{"properties": {"v": {"minimum": 100}}}, {"properties": {"v": {"maximum": -100}}}]}


def referring() -> Iterator[Named]:
    yield "list by links", {"$ref": "#/$defs/node", "$defs": {"node": {
        "type": "object", "properties": {"v": {"type": "integer"}, "next": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]}}, "required": ["v", "next"]}}}
    yield "tree", {"type": "object", "properties": {"name": {"enum": ["leaf", "branch"]}, "children": {"type": "array", "items": {"$ref": "#"}, "maxItems": 1}},
                   "required": ["name"], "additionalProperties": False}
    yield "shared definition", {"type": "object", "properties": {"from": {"$ref": "#/definitions/day"}, "to": {"$ref": "#/definitions/day"}},
                                "required": ["from", "to"], "definitions": {"day": {"type": "string", "format": "date"}}}
    yield "reference and more", {"$ref": "#/$defs/positive", "maximum": 20, "$defs": {"positive": {"type": "integer", "minimum": 1}}}
    yield "even and odd", {"$ref": "#/$defs/even", "$defs": {
        "even": {"type": "array", "prefixItems": [{"anyOf": [{"$ref": "#/$defs/odd"}, {"const": "e"}]}], "items": False, "minItems": 1},
        "odd": {"type": "array", "prefixItems": [{"$ref": "#/$defs/even"}], "items": False, "minItems": 1}}}


def from_life() -> Iterator[Named]:
    text = {"type": "string", "maxLength": 20}
    yield "person", {"type": "object", "properties": {
        "name": text | {"minLength": 1}, "age": {"type": "integer", "minimum": 0, "maximum": 150}, "email": {"type": "string", "format": "email"},
        "tags": {"type": "array", "items": {"enum": ["new", "vip", "staff"]}, "maxItems": 3}}, "required": ["name", "age"], "additionalProperties": False}
    yield "invoice", {"type": "object", "properties": {
        "number": {"type": "string", "pattern": "^INV-[0-9]{6}$"}, "issued": {"type": "string", "format": "date"},
        "lines": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "object", "properties": {
            "item": text, "quantity": {"type": "integer", "minimum": 1, "maximum": 999}, "price": {"type": "number", "minimum": 0}},
            "required": ["item", "quantity", "price"], "additionalProperties": False}},
        "paid": {"type": "boolean"}}, "required": ["number", "issued", "lines", "paid"], "additionalProperties": False}
    yield "steps to an answer", {"type": "object", "properties": {"steps": {"type": "array", "maxItems": 3, "items": {
        "type": "object", "properties": {"explanation": text, "output": text}, "required": ["explanation", "output"], "additionalProperties": False}},
        "final_answer": text}, "required": ["steps", "final_answer"], "additionalProperties": False}
    yield "classification", {"type": "object", "properties": {"label": {"enum": ["spam", "ham"]}, "score": {"type": "number", "minimum": 0, "maximum": 1}},
                             "required": ["label", "score"]}
    yield "place", {"type": "object", "properties": {"lat": {"type": "number", "minimum": -90, "maximum": 90}, "lon": {"type": "number", "minimum": -180, "maximum": 180}},
                    "required": ["lat", "lon"], "additionalProperties": False}
    yield "with annotations", {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.org/s", "title": "T", "description": "D",
                               "type": "object", "properties": {"a": {"type": "integer", "default": 3, "examples": [4], "deprecated": True}}, "required": ["a"]}


def nested(inner: list[Named]) -> Iterator[Named]:
    for name, schema in inner:
        yield f"list of {name}", {"type": "array", "items": schema, "minItems": 1, "maxItems": 2}
        yield f"member of {name}", {"type": "object", "properties": {"it": schema, "ok": {"type": "boolean"}}, "required": ["it"], "additionalProperties": False}


def all_schemas() -> list[Named]:
    simple = [*integers(), *numbers(), *strings(), *values(), *arrays(), *objects(), *combined()]
    return [*simple, *nested(simple[::9]), *referring(), *from_life()]
