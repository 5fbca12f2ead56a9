#!/usr/bin/env python3
"""Renders random templates with our engine and with python3-jinja2 and shows where they differ.

    tests/fuzz/jinja_diff.py BUILD/tests/jinja_render [--seed N] [--cases N] [--show N]

Both must give the same text, or both an error. The seed decides the cases; a difference prints what is needed to repeat it.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "data" / "golden"))
import reference  # noqa: E402

STRINGS = ["", "a", "Hello", "x y", " pad \n", "é日", "it's", 'say "hi"', "<b>", "a,b,c", "12", "1.5", "{}", "%s", "\\", "AbC", "</think>tail", "aXbXc"]
LITERALS = ["''", "'a'", "'x,y'", '"é"', "'A b'", "0", "1", "2", "-1", "3", "7", "1.5", "0.1", "true", "false", "none", "[]", "[1, 2]", "['b', 'a']",
            "{}", "{'k': 1}", "(1, 'x')", "'%s'", "'{}'", "' '", "'\\n'"]
NAMES = ["s", "t", "n", "f", "b", "l", "m", "people", "none_value", "missing", "x", "i"]
ATTRIBUTES = ["a", "b", "name", "k", "items", "upper", "x", "missing"]
FILTERS = ["trim", "upper", "lower", "title", "capitalize", "length", "first", "last", "join", "join(', ')", "replace('a', 'b')", "default('d')", "default('d', true)",
           "tojson", "tojson(indent=2)", "list", "map('upper')|list", "map(attribute='name')|list", "select|list", "reject('none')|list", "selectattr('a')|list",
           "selectattr('age', 'gt', 3)|list", "rejectattr('name', 'defined')|list", "sort", "sort(reverse=true)", "reverse", "reverse|list", "unique|list", "dictsort", "items|list",
           "int", "int(3)", "float", "string", "abs", "round", "round(1)", "min", "max", "sum", "indent(2)", "indent(2, true)", "safe", "e", "batch(2)|list", "slice(2)|list",
           "groupby('age')|list", "format(1)", "format('x', 2)", "wordcount", "truncate(4, true, '', 0)", "truncate(5)", "center(9)", "urlencode", "striptags", "count",
           "map('string')|join('+')", "sort(attribute='age')|map(attribute='name')|join", "select('string')|list", "map('length')|list", "attr('a')", "filesizeformat"]
TESTS = ["defined", "undefined", "none", "string", "mapping", "sequence", "iterable", "number", "integer", "float", "boolean", "true", "false", "odd", "even",
         "divisibleby 2", "eq 1", "ne 'a'", "gt 1", "lt 2", "in [1, 'a']", "lower", "upper", "callable", "sameas none", "escaped"]
METHODS = ["upper()", "lower()", "strip()", "lstrip('a ')", "rstrip()", "split()", "split(',')", "split('X', 1)", "rsplit(None, 1)", "splitlines()", "startswith('a')", "endswith(('c', 'o'))",
           "replace('a', '')", "find('b')", "count('a')", "title()", "capitalize()", "isdigit()", "isalpha()", "isupper()", "partition(',')", "zfill(4)", "center(6, '*')", "join(['p', 'q'])",
           "removeprefix('a')", "format(1, k=2)", "get('k')", "get('zz', 1)", "keys()|list", "items()|list", "values()|list", "index('a')", "index(1)", "append(1)", "swapcase()", "casefold()"]
BINARY = ["~", "==", "!=", "and", "or"] * 3 + ["+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "in", "not in"]


class Generator:
    def __init__(self, rng):
        self.rng = rng
        self.loops = 0

    def pick(self, items):
        return self.rng.choice(items)

    def expression(self, depth):
        if depth <= 0 or self.rng.random() < 0.15:
            return self.pick(LITERALS if self.rng.random() < 0.45 else NAMES)
        inner = lambda: self.expression(depth - 1)  # noqa: E731
        kind = self.rng.randrange(15)
        if kind < 3:
            return f"{inner()} {self.pick(BINARY)} {inner()}"
        if kind < 6:
            return f"{inner()}|{self.pick(FILTERS)}"
        if kind == 6:
            return f"({inner()})"
        if kind == 7:
            return f"{inner()} is {self.pick(['', '', 'not '])}{self.pick(TESTS)}"
        if kind == 8:
            return f"{self.pick(NAMES)}.{self.pick(METHODS)}"
        if kind == 9:
            return f"({inner()}).{self.pick(ATTRIBUTES + METHODS)}"
        if kind == 10:
            bounds = [self.pick(["", "0", "1", "-1", "2"]) for _ in range(3)]
            return f"{self.pick(NAMES)}[{':'.join(bounds[: self.pick([2, 3])])}]"
        if kind == 11:
            return f"{self.pick(NAMES)}[{inner()}]"
        if kind == 12:
            return f"{inner()} if {inner()}" + (f" else {inner()}" if self.rng.random() < 0.7 else "")
        if kind == 13:
            return self.pick(["not ", "-", "+", "not not "]) + inner()
        return self.pick([f"[{inner()}, {inner()}]", f"{{'k': {inner()}, {self.pick(LITERALS)}: {inner()}}}", f"({inner()}, {inner()})", f"range({inner()})|list",
                          f"dict(a={inner()})", f"{inner()} ~ {inner()} ~ {inner()}", f"{inner()} < {inner()} < {inner()}", f"f({inner()})", f"namespace(a={inner()}).a"])

    def tag(self, text):
        return "{%" + self.pick(["", "", "", "-", "+"]) + f" {text} " + self.pick(["", "", "", "-", "+"]) + "%}"

    def block(self, depth):
        return "".join(self.statement(depth) for _ in range(self.rng.randrange(1, 3)))

    def statement(self, depth):
        kind = self.rng.randrange(16)
        if depth <= 0 or kind < 6:
            return "{{" + self.pick(["", "", "-"]) + f" {self.expression(self.pick([1, 1, 2]))} " + self.pick(["", "", "-"]) + "}}"
        if kind < 9:
            return self.pick(["text", " ", "\n", "  \n  ", "a\n", "\t", "|", "é", "{# note #}", "{#- note -#}\n", "{% raw %}{{ x }}{% endraw %}"])
        if kind == 9:
            tail = self.pick(["", self.tag("else") + self.block(depth - 1), self.tag(f"elif {self.expression(1)}") + self.block(depth - 1)])
            return self.tag(f"if {self.expression(2)}") + self.block(depth - 1) + tail + self.tag("endif")
        if kind < 12:
            return self.loop(depth)
        if kind == 12:
            return self.tag(f"set {self.pick(['x', 'n', 'y', 'x, y', 'ns.v'])} = {self.expression(2)}")
        if kind == 13:
            return self.tag(f"set x{self.pick(['', '|upper', '|trim'])}") + self.block(depth - 1) + self.tag("endset")
        if kind == 14:
            return self.tag(f"macro f(p, q={self.expression(1)})") + self.outside_loop(depth) + self.tag("endmacro")
        return self.pick([
            self.tag(f"with x = {self.expression(1)}") + self.block(depth - 1) + self.tag("endwith"),
            self.tag("filter upper") + self.block(depth - 1) + self.tag("endfilter"),
            self.tag("call(p) f(1)") + self.outside_loop(depth) + self.tag("endcall"),
            "{{ f(" + self.expression(1) + ") }}",
        ])

    def outside_loop(self, depth):
        loops, self.loops = self.loops, 0
        text = "{{ p }}" + self.block(depth - 1) + self.pick(["", "{{ caller(2) if caller }}"])
        self.loops = loops
        return text

    def loop(self, depth):
        self.loops += 1
        inner = self.block(depth - 1)
        extra = self.pick(["", "", "{{ loop.index }}", "{{ loop.last }}", "{{ loop.previtem }}", "{{ loop.nextitem }}", "{{ loop.length }}", "{{ loop.revindex0 }}", "{{ loop.cycle('o', 'e') }}",
                           "{% if loop.index > 2 %}{% break %}{% endif %}", "{% if i %}{% continue %}{% endif %}", "{% set x = i %}"])
        self.loops -= 1
        target, over = self.pick([("i", self.expression(1)), ("i", "l"), ("i", "people"), ("k, i", "m.items()"), ("i", "s"), ("k, i", "m|items")])
        condition = f" if {self.expression(1)}" if self.rng.random() < 0.25 else ""
        tail = self.tag("else") + self.block(depth - 1) if self.rng.random() < 0.2 else ""
        return self.tag(f"for {target} in {over}{condition}") + inner + extra + tail + self.tag("endfor")

    def template(self):
        head = self.pick(["", "{% set ns = namespace(v=0) %}", "{% macro f(p) %}<{{ p }}>{% endmacro %}"])
        return head + "".join(self.statement(self.pick([1, 2, 3])) for _ in range(self.rng.randrange(1, 4))) + self.pick(["", "\n", "\n\n", "{{ x }}", "{{ ns.v }}"])

    def value(self, depth):
        if depth <= 0 or self.rng.random() < 0.6:
            return self.pick([self.pick(STRINGS), self.pick(STRINGS), self.rng.randrange(-3, 12), self.pick([0.5, 2.0, -1.25, 1e20]), True, False, None])
        if self.rng.random() < 0.5:
            return [self.value(depth - 1) for _ in range(self.rng.randrange(4))]
        return {self.pick(["a", "b", "name", "k", "items"]): self.value(depth - 1) for _ in range(self.rng.randrange(4))}

    def context(self):
        people = [{"name": self.pick(STRINGS), "age": self.rng.randrange(6), "a": self.value(1)} for _ in range(self.rng.randrange(4))]
        return {"s": self.pick(STRINGS), "t": self.pick(STRINGS), "n": self.rng.randrange(-2, 9), "f": self.pick([0.5, 2.0, -1.5]), "b": self.pick([True, False]),
                "l": [self.value(1) for _ in range(self.rng.randrange(5))], "m": {key: self.value(1) for key in "abk"[: self.rng.randrange(4)]}, "people": people, "none_value": None, "x": self.value(2)}


# What one of the two cannot do and says so, or prints differently by nature.
EXPECTED = ("outside of 64 bits", " at 0x", "Exceeds the limit", "complex", "object>", "<built-in", "No filter named", "No test named")


def mutated(rng, corpus):
    """A template that people wrote, with a few pieces deleted, doubled, or taken from another."""
    text = rng.choice(corpus)
    for _ in range(rng.randrange(1, 4)):
        at, n = rng.randrange(len(text) + 1), rng.randrange(1, 8)
        other = rng.choice(corpus)
        start = rng.randrange(len(other) + 1)
        text = rng.choice([text[:at] + text[at + n :], text[:at] + text[at : at + n] + text[at:], text[:at] + other[start : start + n] + text[at:],
                           text[:at] + rng.choice("(){}[]|%-+.,:='\"\n ") + text[at:]])
    return text


def golden_corpus():
    data = pathlib.Path(__file__).parent.parent / "data"
    golden = json.loads((data / "golden" / "language.json").read_text(encoding="utf-8"))
    templates = [path.read_text(encoding="utf-8") for path in sorted((data / "templates").glob("*.jinja"))]
    return [case["template"] for case in golden["cases"] if len(case["template"]) > 12] + templates * 8, golden["context"]


def agree(ours, theirs):
    if ours["ok"] and "text" in theirs:
        return ours["text"] == theirs["text"]
    return not ours["ok"] and "error" in theirs


def expected(ours, theirs):
    texts = [ours.get("text", ""), ours.get("error", ""), theirs.get("text", ""), theirs.get("error", "")]
    return any(mark.lower() in text.lower() for mark in EXPECTED for text in texts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the jinja_render program of a build")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--mutate", action="store_true", help="change templates of the golden files instead of making new ones")
    parser.add_argument("--show", type=int, default=10, help="how many differences to print")
    options = parser.parse_args()

    cases = []
    corpus, golden_context = golden_corpus() if options.mutate else ([], {})
    for number in range(options.cases):
        rng = random.Random(f"{options.seed}/{number}")
        if options.mutate:
            cases.append({"template": mutated(rng, corpus), "context": {**golden_context, "messages": [{"role": "user", "content": "Hi"}]}})
            continue
        generator = Generator(rng)
        cases.append({"template": generator.template(), "context": generator.context()})
    requests = "".join(json.dumps(case) + "\n" for case in cases)
    answers = subprocess.run([options.program], input=requests, capture_output=True, text=True, check=False)
    lines = answers.stdout.splitlines()
    if answers.returncode != 0 or len(lines) != len(cases):
        print(f"{options.program} ended with {answers.returncode} at case {len(lines)} of seed {options.seed}:\n{answers.stderr[:2000]}")
        print(json.dumps(cases[min(len(lines), len(cases) - 1)]))
        return 1

    different = rendered = skipped = 0
    for number, (case, line) in enumerate(zip(cases, lines)):
        ours, theirs = json.loads(line), reference.render(case["template"], case["context"])
        rendered += "text" in theirs
        if agree(ours, theirs):
            continue
        if expected(ours, theirs):
            skipped += 1
            continue
        different += 1
        if different <= options.show:
            print(f"--- seed {options.seed}, case {number}\n{json.dumps(case, ensure_ascii=False)}\n  jinja2: {theirs}\n  ours:   {ours}")
    print(f"seed {options.seed}: {options.cases} cases, {rendered} rendered, {skipped} beyond comparison, {different} different")
    if rendered < options.cases // 10:
        print("too few templates render for this to mean anything")
        return 1
    return 1 if different else 0


sys.exit(main())
