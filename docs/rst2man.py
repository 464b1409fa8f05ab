#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-3.0-or-later
"""rst2man.py DIR docs/manN/NAME.rst...: manual pages DIR/NAME.N, with docutils
alone.  Many at once: to begin takes longer than a page.

Pages may use the roles and directives people know from Sphinx (:man1:,
:option:, .. program::, .. option:: ...), and may be titled "name(1)": then
the section is taken from the title, and the line after NAME from the first
sentence of the description.
"""

import os
import re
import sys

from docutils import nodes
from docutils.core import publish_string
from docutils.parsers.rst import Directive, directives, roles


def text_role(kind):
    def role(name, rawtext, text, lineno, inliner, options=None, content=None):
        text = re.sub(r"\s*<[^>]*>$", "", text).lstrip("~")
        if re.fullmatch(r"(linux:)?man\d", name):
            label = "%s(%s)" % (text, name[-1])
            return [nodes.strong(rawtext, label)], []
        return [kind(rawtext, text)], []

    return role


class Skip(Directive):
    """Says something about what follows; prints nothing."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        return []


class Entry(Directive):
    """A name and what it means, as in a list of options."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        item = nodes.definition_list_item()
        names = ", ".join(s.strip() for s in self.arguments[0].split("\n"))
        item += nodes.term("", "", nodes.strong("", names))
        body = nodes.definition()
        self.state.nested_parse(self.content, self.content_offset, body)
        item += body
        return [nodes.definition_list("", item)]


STRONG = ["man%d" % i for i in range(1, 9)] + ["program", "command", "option"]
STRONG += ["linux:" + s for s in STRONG[:8]] + ["func", "c:func", "envvar"]
EMPHASIS = ["file", "ref", "doc", "term", "rfc", "const", "var", "c:type"]


def register():
    for name in STRONG:
        roles.register_local_role(name, text_role(nodes.strong))
    for name in EMPHASIS:
        roles.register_local_role(name, text_role(nodes.emphasis))
    for name in ("program", "index", "only", "toctree"):
        directives.register_directive(name, Skip)
    for name in ("option", "envvar", "c:function", "c:type", "confval"):
        directives.register_directive(name, Entry)


def summary(text):
    m = re.search(r"^DESCRIPTION\n=+\n(.*)", text, re.M | re.S)
    for block in re.split(r"\n\s*\n", m.group(1) if m else ""):
        block = " ".join(block.split())
        if re.match(r"[A-Za-z`*]|:[\w:]+:`", block):
            block = re.sub(r":[\w:]+:`([^`]*)`", r"\1", block)
            block = re.sub(r"[`*]", "", block)
            return re.split(r"(?<=[a-z)])[.:;](?: |$)", block)[0]
    return ""


def with_header(text):
    """Give "name(1)" titles the form the manpage writer reads."""
    m = re.search(r"^(=+)\n([\w.-]+)\((\d)\)\n=+\n", text, re.M)
    if not m:
        return text
    name, section, line = m.group(2), m.group(3), summary(text) or m.group(2)
    bar, dash = "=" * len(name), "-" * len(line)
    head = "%s\n%s\n%s\n\n%s\n%s\n%s\n\n:Manual section: %s\n" % (
        bar, name, bar, dash, line, dash, section)
    return text[:m.start()] + head + text[m.end():]


def convert(source, target):
    with open(source, encoding="utf-8") as f:
        text = with_header(f.read())
    page = publish_string(
        text, source_path=source, writer_name="manpage",
        settings_overrides={"report_level": 3, "halt_level": 5,
                            "output_encoding": "utf-8",
                            "file_insertion_enabled": False,
                            "raw_enabled": False})
    with open(target, "wb") as f:
        f.write(page)


def main():
    register()
    for source in sys.argv[2:]:
        folder, name = os.path.split(source)
        page = name[:-len("rst")] + folder[-1]
        convert(source, os.path.join(sys.argv[1], page))


main()
