#!/usr/bin/env python3
"""Writes unicode_tables.cpp beside this file: what str.isalpha, str.upper and their like say of each character."""

import pathlib
import sys

WIDTH = 110


def characters():
    for code in range(0x110000):
        if not 0xD800 <= code <= 0xDFFF:
            yield code, chr(code)


def intervals(test):
    runs = []
    for code, char in characters():
        if not test(char):
            continue
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return [f"{{0x{a:x},0x{b:x}}}" for a, b in runs]


def mappings(function):
    runs = []  # [first, last, delta, stride]; stride 0 while the run is a single code point
    for code, char in characters():
        to = function(char)
        if len(to) != 1 or to == char:
            continue
        delta = ord(to) - code
        if runs and runs[-1][2] == delta and code - runs[-1][1] in ((1, 2) if runs[-1][3] == 0 else (runs[-1][3],)):
            runs[-1][3] = code - runs[-1][1]
            runs[-1][1] = code
        else:
            runs.append([code, code, delta, 0])
    return [f"{{0x{a:x},0x{b:x},{d},{s or 1}}}" for a, b, d, s in runs]


def specials(function):
    found = [(code, function(char)) for code, char in characters() if len(function(char)) > 1]
    quoted = ["".join(f"\\x{byte:02x}" for byte in to.encode()) for _, to in found]
    return [f'{{0x{code:x},"{text}"}}' for (code, _), text in zip(found, quoted)]


def table(kind, name, items):
    lines = [""]
    for item in items:
        if len(lines[-1]) + len(item) + 2 > WIDTH:
            lines.append("")
        lines[-1] += item + ","
    body = "\n".join(lines)
    return f"constexpr {kind} {name}Data[] = {{\n{body}\n}};\n", f"const std::span<const {kind}> {name}{{{name}Data}};\n"


def title(char):
    return char.title()


def main():
    tables = [
        table("Interval", "kSpace", intervals(str.isspace)),
        table("Interval", "kAlpha", intervals(str.isalpha)),
        table("Interval", "kDecimal", intervals(str.isdecimal)),
        table("Interval", "kDigit", intervals(str.isdigit)),
        table("Interval", "kNumeric", intervals(str.isnumeric)),
        table("Interval", "kUpper", intervals(str.isupper)),
        table("Interval", "kLower", intervals(str.islower)),
        table("Interval", "kTitle", intervals(lambda c: c.istitle() and not c.isupper())),
        table("Interval", "kPrintable", intervals(str.isprintable)),
        table("Mapping", "kToUpper", mappings(str.upper)),
        table("Mapping", "kToLower", mappings(str.lower)),
        table("Mapping", "kToTitle", mappings(title)),
        table("Special", "kSpecialUpper", specials(str.upper)),
        table("Special", "kSpecialLower", specials(str.lower)),
        table("Special", "kSpecialTitle", specials(title)),
    ]
    text = '// Made by unicode_tables.py. Do not edit.\n#include "chat/jinja/unicode_tables.h"\n\n'
    text += "// clang-format off\nnamespace minerva::chat::jinja::unicode {\nnamespace {\n\n"
    text += "\n".join(data for data, _ in tables) + "\n}  // namespace\n\n"
    text += "".join(span for _, span in tables) + "\n}  // namespace minerva::chat::jinja::unicode\n"
    pathlib.Path(__file__).with_name("unicode_tables.cpp").write_text(text, encoding="ascii")
    return 0


sys.exit(main())
