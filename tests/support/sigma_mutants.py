#!/usr/bin/env python3
"""sigma_mutants.py SCHEMA FOLDER OUT: mutants of the YAML documents in FOLDER, each a file in OUT called accepted-N.yml or
refused-N.yml as the JSON schema judges it. The first line of each says what was changed. Exit status 77 without the library."""

import copy
import glob
import json
import os
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"{missing.name} is not installed (python3-jsonschema, python3-yaml)")
    sys.exit(77)

UUID = "00000000-0000-4000-8000-000000000001"
WRONG = [5, 1.5, True, None, "", "x", "x" * 300, [], ["x"], ["a", "a"], [5], [1.5], [True], [[]], [None], {}, {"x": "y"}, "2026-02-30x", "2026-13-01", UUID]


class Loader(yaml.SafeLoader):
    """A date stays a text, as in YAML 1.2."""


Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:timestamp"]
    for key, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Dumper(yaml.SafeDumper):
    """No aliases: what a person writes."""

    def ignore_aliases(self, data):
        return True


def paths(node, at=()):
    yield at
    if isinstance(node, dict):
        for key, value in node.items():
            yield from paths(value, at + (key,))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from paths(value, at + (i,))


def at_path(node, path):
    for step in path:
        node = node[step]
    return node


def mutants(document, names):
    for path in paths(document):
        if not path:
            continue
        gone = copy.deepcopy(document)
        del at_path(gone, path[:-1])[path[-1]]
        yield f"without {path}", gone
        for value in WRONG:
            changed = copy.deepcopy(document)
            at_path(changed, path[:-1])[path[-1]] = value
            yield f"{path} is {value!r:.60}", changed
    for name in names:
        if name in document:
            continue
        for value in WRONG:
            yield f"with {name}: {value!r:.60}", {**copy.deepcopy(document), name: value}


def main():
    with open(sys.argv[1], encoding="utf-8") as schema:
        schema = json.load(schema)
    judge = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    os.makedirs(sys.argv[3], exist_ok=True)
    counts = {"accepted": 0, "refused": 0}
    for path in sorted(glob.glob(os.path.join(sys.argv[2], "*.yml"))):
        with open(path, encoding="utf-8") as text:
            document = yaml.load(text, Loader)
        for what, mutant in [("as it is", document)] + list(mutants(document, schema["properties"])):
            verdict = "accepted" if judge.is_valid(mutant) else "refused"
            name = os.path.join(sys.argv[3], f"{verdict}-{counts[verdict]:04}.yml")
            counts[verdict] += 1
            with open(name, "w", encoding="utf-8") as out:
                out.write(f"# {os.path.basename(path)}: {what}\n")
                yaml.dump(mutant, out, Dumper, sort_keys=False, allow_unicode=True, width=1000)
    print(f"{counts['accepted']} accepted, {counts['refused']} refused")


if __name__ == "__main__":
    main()
