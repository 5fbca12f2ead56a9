#!/usr/bin/env python3
"""Writes the golden files beside this script with python3-jinja2: templates.json (every published template with every
conversation) and language.json (small templates, each about one feature). Run it after changing the cases."""

import json
import pathlib
import sys

import conversations
import language_cases
import reference

HERE = pathlib.Path(__file__).parent
TEMPLATES = HERE.parent / "templates"


def template_cases():
    for path in sorted(TEMPLATES.glob("*.jinja")):
        source = path.read_text(encoding="utf-8")
        for name, messages, more in conversations.cases():
            trusted = {"bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": True}
            untrusted = {"messages": messages, "tools": None, "documents": None}
            for key, value in more.items():
                (trusted if key in trusted else untrusted)[key] = value
            outcome = reference.render(source, {**untrusted, **trusted})
            yield {"template": path.name, "case": name, "untrusted": untrusted, "trusted": trusted, **outcome}


def language():
    for group, template in language_cases.cases():
        outcome = reference.render(template, language_cases.CONTEXT)
        if " at 0x" not in outcome.get("text", ""):  # the address of a Python object
            yield {"group": group, "template": template, **outcome}


def write(name, cases, context=None):
    lines = [json.dumps(case, ensure_ascii=False) for case in cases]
    head = f'{{"context": {json.dumps(context, ensure_ascii=False)},\n"cases": [\n'
    (HERE / name).write_text(head + ",\n".join(lines) + "\n]}\n", encoding="utf-8")
    errors = sum('"error": ' in line for line in lines)
    print(f"{name}: {len(lines)} cases, {errors} of them errors")


def main():
    write("templates.json", template_cases())
    write("language.json", language(), language_cases.CONTEXT)
    return 0


sys.exit(main())
