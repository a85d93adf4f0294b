#!/usr/bin/env bash
# docs/site.schema.json, for editors: it takes every policy that the program takes, and refuses what has the wrong shape. What it refuses, the program refuses.
source "$(dirname "$0")/lib.sh"
python3 -c 'import jsonschema, yaml' 2>/dev/null || { echo "skipped: python3-jsonschema and python3-yaml are not installed"; exit 77; }

"$VEDETTE" policy draft --own 192.0.2.0/24,2001:db8:1::/48 "$VEDETTE_SOURCE_DIR/pcaps/demo/day.pcap" >drafted.yaml 2>/dev/null || fail "a draft"
printf 'name,address,mac,supplier,role,zone,until\na,"10.0.0.1 2001:db8::1",,acme,gnb,ran,\nb,,00-00-5e-00-53-01,acme,amf,core,2027-01-01\n' >inventory.csv
"$VEDETTE" policy import --name imported --own 10.0.0.0/8 csv inventory.csv >imported.yaml 2>/dev/null || fail "an import"

python3 -B - <<'PY'
import copy, json, os, pathlib, random, re, subprocess, sys, warnings
import jsonschema, yaml

warnings.simplefilter('ignore')
source = pathlib.Path(os.environ['VEDETTE_SOURCE_DIR'])
schema = json.loads((source / 'docs/site.schema.json').read_text(encoding='utf-8'))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)

class Core(yaml.SafeLoader):
    """YAML 1.2 as editors read it: no dates, and no yes and no."""
Core.yaml_implicit_resolvers = {}
for tag, pattern, first in (('bool', r'^(?:true|True|TRUE|false|False|FALSE)$', 'tTfF'), ('null', r'^(?:~|null|Null|NULL|)$', ['~', 'n', 'N', '']),
                            ('int', r'^(?:0o[0-7]+|[-+]?[0-9]+|0x[0-9a-fA-F]+)$', '-+0123456789'),
                            ('float', r'^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$', '-+0123456789.')):
    Core.add_implicit_resolver('tag:yaml.org,2002:' + tag, re.compile(pattern), list(first))

def taken(text):
    """Does the program take this policy?"""
    pathlib.Path('tried.yaml').write_text(text, encoding='utf-8')
    done = subprocess.run([os.environ['VEDETTE'], 'policy', 'lint', '--as-of', '2026-11-24', 'tried.yaml'], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 4, 8):
        sys.exit('lint ended with %d: %s\n%s' % (done.returncode, done.stderr, text))
    return done.returncode != 4

def judged(document):
    return next(validator.iter_errors(document), None)

# ---- good ones ----

texts = {'pcaps/demo/site.yaml': (source / 'pcaps/demo/site.yaml').read_text(), 'a draft': pathlib.Path('drafted.yaml').read_text(),
         'an import': pathlib.Path('imported.yaml').read_text()}
for page in [source / 'README.md'] + sorted((source / 'docs').rglob('*.md')):
    for i, block in enumerate(re.findall(r'^```yaml\n(.*?)^```$', page.read_text(encoding='utf-8'), re.M | re.S)):
        if re.search(r'^site:', block, re.M) and not re.search(r'^conversations:|^interface:', block, re.M):
            texts['%s, block %d' % (page.name, i)] = block
if len(texts) < 5:
    sys.exit('only %d policies found' % len(texts))
for name, text in texts.items():
    if not taken(text):
        sys.exit('%s is no policy' % name)
    error = judged(yaml.load(text, Core))
    if error:
        sys.exit('the schema refuses %s at %s: %s' % (name, list(error.absolute_path), error.message))

# ---- mutants: one thing changed, anywhere ----

def places(node, path=()):
    yield path
    for key, value in (node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()):
        yield from places(value, path + (key,))

def change(document, path, do):
    mutant = copy.deepcopy(document)
    node = mutant
    for key in path[:-1]:
        node = node[key]
    do(node, path[-1])
    return mutant

def mutants(document):
    for path in places(document):
        if not path:
            continue
        yield 'without', path, change(document, path, lambda n, k: n.pop(k) if isinstance(n, dict) else n.__delitem__(k))
        for value in ('', [], {}, None, -1, 7, 'x y', [[1]], {'a': 1}, '10.0.0.0/99', 'a' * 400):
            yield repr(value)[:20], path, change(document, path, lambda n, k, v=value: n.__setitem__(k, v))
        if isinstance(path[-1], str):
            yield 'renamed', path, change(document, path, lambda n, k: n.__setitem__(k + 'x', n.pop(k)))

whole = yaml.load(next(t for n, t in texts.items() if n.startswith('policy.md')), Core)
every = list(mutants(whole))
random.Random(6).shuffle(every)
counts = {(a, b): 0 for a in (True, False) for b in (True, False)}
for what, path, mutant in every[:int(os.environ.get('VEDETTE_SCHEMA', '250'))]:
    error = judged(mutant)
    good = taken(yaml.safe_dump(mutant, sort_keys=False, allow_unicode=True, default_style=None))
    counts[error is None, good] += 1
    if error and good:
        sys.exit('the schema refuses what the program takes: %s at %s: %s' % (what, path, error.message))
both, missed = counts[False, False], counts[True, False]
print('%d mutants: %d refused by both, %d by the program alone (names, overlaps), %d taken by both' % (sum(counts.values()), both, missed, counts[True, True]))
if both < 3 * missed:
    sys.exit('the schema sees too little')

# ---- shapes that it must see ----

for text in ('schema: 2', 'site:', 'networks: {}', 'networks: {own: []}', 'networks: {own: [10.0.0.0/8], on: []}', 'equipments: []',
             'equipment: [{name: a}]', 'equipment: [{address: 10.0.0.1}]', 'equipment: [{name: a, address: 10.0.0.1, rol: amf}]',
             'roles: {r: {connects: [{to: own}]}}', 'roles: {r: {connects: [{from: own, app: TLS}]}}', 'roles: {r: {connects: [{to: amf, app: TLS}]}}',
             'roles: {r: {connects: [{to: own, port: tcp}]}}', 'roles: {r: {connects: [{to: own, port: 65536}]}}', 'exceptions: [{equipment: a, to: own, app: TLS}]',
             'windows: {w: {supplier: s, from: 192.0.2.1, days: Someday, hours: "22:00-02:00"}}', 'windows: {w: {supplier: s, from: own, days: Mon, hours: "22-02"}}',
             'segments: {s: {}}', 'segments: {s: {vlans: 1}}', 'zones: {z: {deny: x}}', 'suppliers: {s: }', 'groups: {g: 10.0.0.1}', 'collectors: {a: 1}'):
    document = {'schema': 1, 'site': 't', 'networks': {'own': ['10.0.0.0/8']}, **yaml.load(text, Core)}
    if not judged(document):
        sys.exit('the schema takes: %s' % text)
    if taken(yaml.safe_dump(document, sort_keys=False)):
        sys.exit('the program takes: %s' % text)
PY
echo "the schema holds"
