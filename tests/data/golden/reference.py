"""python3-jinja2 in the configuration that transformers gives chat templates: the reference for our engine."""

import datetime
import json

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox

# tests/unit/chat/golden_clock.h has the same.
CLOCK = datetime.datetime(2025, 3, 7, 14, 5, 9)


class RaisedByTemplate(Exception):
    """What a template's raise_exception() becomes."""


class GenerationTag(jinja2.ext.Extension):
    """{% generation %}…{% endgeneration %} marks what the assistant wrote; it renders as its body."""

    tags = {"generation"}

    def parse(self, parser):
        lineno = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("render_body"), [], [], body).set_lineno(lineno)

    def render_body(self, caller):
        return caller()


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise RaisedByTemplate(message)


def environment():
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[GenerationTag, jinja2.ext.loopcontrols]
    )
    env.filters["tojson"] = to_json
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = CLOCK.strftime
    return env


ENVIRONMENT = environment()


def render(template, context):
    """{"text": …} or {"error": …}, as the golden files have it."""
    try:
        text = ENVIRONMENT.from_string(template).render(**context)
        text.encode("utf-8")
        return {"text": text}
    except RaisedByTemplate as error:
        return {"error": str(error), "raised": True}
    except Exception as error:  # noqa: BLE001: whatever goes wrong is the outcome that is recorded
        return {"error": f"{type(error).__name__}: {error}"}
