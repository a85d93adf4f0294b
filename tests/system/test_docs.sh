#!/usr/bin/env bash
# README.md and docs/ say what the program does: their commands run, their files load, and they name the options that there are.
source "$(dirname "$0")/lib.sh"
command -v redis-server >/dev/null || command -v valkey-server >/dev/null || { echo "skipped: no Redis server is installed"; exit 77; }

# What examples call capture.pcap, captures/ and so on. In private address space, so that something is found without a policy.
mkdir bin captures
ln -s "$VEDETTE" bin/vedette
export PATH=$work/bin:$PATH
python3 -B "$VEDETTE_SOURCE_DIR/pcaps/rewrite.py" "$VEDETTE_SOURCE_DIR/pcaps/ssh-on-443.pcap" capture.pcap 192.0.2.0/24=10.9.8.0/24
gzip -k capture.pcap
cp capture.pcap captures/
cp "$VEDETTE_SOURCE_DIR"/pcaps/demo/site.yaml "$VEDETTE_SOURCE_DIR"/pcaps/demo/site.test.yaml .
cp capture.pcap seen.pcap
for family in 4:198.51.100.0/24 6:2001:db8::/32; do
    printf '{"cidr":"%s","sblid":"SBL1","rir":"ripencc"}\n{"type":"metadata","timestamp":1795564800,"records":1}\n' "${family#*:}" >"drop_v${family%%:*}.json"
done
for name in first waw-core-1 capture; do
    vedette replay --name $name capture.pcap >out 2>err || { cat err >&2; fail "replay"; }
done
ID=$(vedette alerts --name capture --json | jq -r '."event.id"' | head -1)
vedette baseline learn --site site.yaml --into learned.db "$VEDETTE_SOURCE_DIR/pcaps/demo/day.pcap" >out 2>err || { cat err >&2; fail "learning"; }
EDGE=$(vedette baseline propose --from learned.db --json | jq -r '.proposals[] | select(.app == "SSH") | .id' | head -1)
[ -n "$EDGE" ] || fail "nothing that was learned is proposed"
[ -n "$ID" ] || fail "the capture of the examples raises no alert"

ID=$ID EDGE=$EDGE python3 -B - <<'EOF'
import json, os, pathlib, re, shutil, subprocess, sys

source = pathlib.Path(os.environ['VEDETTE_SOURCE_DIR'])
pages = [source / n for n in ('README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'pcaps/README.md')] + sorted((source / 'docs').rglob('*.md'))
text = {p.relative_to(source).as_posix(): p.read_text(encoding='utf-8') for p in pages}
checks, faults = 0, []

def hold(what, good, detail=''):
    """Counts a check; everything that is wrong is told at once, in the end."""
    global checks
    checks += 1
    if not good:
        faults.append('%s%s' % (what, ': ' + str(detail) if detail != '' else ''))

def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **more)

# ---- --help ----

def options_in(words):
    return set(re.findall(r'(?<![\w-])--([a-z]+(?:-[a-z]+)*)', words)) - {'help'}

top = run(['vedette', '--help']).stdout
commands = re.findall(r'^  ([a-z]+)  +[a-z]', top, re.M)
declared = re.findall(r'^COMMAND\(([a-z]+),', (source / 'cli/commands.def').read_text(), re.M)
hold('commands in --help', commands == declared and len(commands) >= 6, (commands, declared))
helps = {'': top}
known = {name: kind for path in (source / 'cli').glob('*.c')
         for name, kind in re.findall(r'\{\s*"([a-z-]+)",\s*(no|required)_argument', path.read_text())}
hold('options in the source', len(known) >= 13, known)
called = []  # commands, each followed by its own if it has any
for command in commands:
    page = run(['vedette', command, '--help']).stdout
    called.append(command)
    if page.startswith('usage: vedette %s COMMAND ' % command):
        called += ['%s %s' % (command, member) for member in re.findall(r'^  ([a-z]+)  +[a-z]', page, re.M)]
for command in called:
    done = run(['vedette', *command.split(), '--help'])
    hold('%s --help' % command, done.returncode == 0 and done.stderr == '', done)
    helps[command] = done.stdout
    if command == 'redis' or any(c.startswith(command + ' ') for c in called):
        continue  # hands on what it does not know
    accepted = set()
    for name, kind in known.items():
        if kind == 'required':
            done = run(['vedette', *command.split(), '--' + name])
            hold('%s --%s without its value' % (command, name), done.returncode == 2, done)
            if 'a value is missing' in done.stderr:
                accepted.add(name)
        elif run(['vedette', *command.split(), '--' + name, '--help']).returncode == 0:
            accepted.add(name)
    accepted.discard('help')
    named = set(re.findall(r'^  --([a-z-]+)', helps[command], re.M))
    accepted -= {name for name in accepted - named if any(longer.startswith(name) for longer in named)}  # an abbreviation
    hold('options that %s --help does not name' % command, accepted <= named, sorted(accepted - named))
    hold('options that %s --help names and the program does not know' % command, named <= accepted, sorted(named - accepted))
for command, page in helps.items():
    for line in page.splitlines():
        hold('vedette %s --help is wider than 100 columns' % command, len(line) <= 100, line)
    hold('vedette %s --help names an option that it does not explain' % command,
         command == '' or options_in(re.sub(r'^  vedette .*$', '', page, flags=re.M)) <= set(re.findall(r'^  --([a-z-]+)', page, re.M)))

# ---- docs/cli.md ----

sections = dict(re.findall(r'^## ([a-z]+(?: [a-z]+)?)\n(.*?)(?=^## |\Z)', text['docs/cli.md'], re.M | re.S))
hold('sections of docs/cli.md', list(sections) == called, (list(sections), called))
for command in called:
    section = sections.get(command, '')
    synopsis = re.search(r'```\n(.*)\n```', section)
    usage = re.match(r'usage: (.*)\n', helps[command])
    hold('synopsis of %s' % command, synopsis and usage and synopsis.group(1) == usage.group(1), (synopsis and synopsis.group(1), usage and usage.group(1)))
    rows = re.findall(r'^\| `--([a-z-]+)', section, re.M)
    shown = re.findall(r'^  --([a-z-]+)', helps[command], re.M)
    hold('options of %s in docs/cli.md and in --help' % command, sorted(rows) == sorted(shown), sorted(set(rows) ^ set(shown)))
    hold('examples of %s in docs/cli.md' % command, len(re.findall(r'```', section)) >= 4)
listed = re.findall(r'^\| \[([a-z]+)\]\(#[a-z]+\) \| (.*) \|$', text['docs/cli.md'], re.M)
hold('the table of commands', listed == re.findall(r'^  ([a-z]+)  +([a-z].*)$', top, re.M), listed)

# ---- exit statuses and environment ----

status = re.findall(r'EXIT_\w+ =\s*(\d+)', (source / 'cli/command.h').read_text())
hold('exit statuses in the source', status == list('012345678'), status)
hold('exit statuses of --help', re.findall(r'(?:[:;]\s)(\d) \w', top) == status, re.findall(r'(?:[:;]\s)(\d) \w', top))
for page in ('docs/cli.md', 'docs/operations.md'):
    hold('exit statuses in %s' % page, re.findall(r'^\| (\d) \|', text[page], re.M) == status)
read = {n for p in (source / 'cli').glob('*.c') for n in re.findall(r'getenv\("(VEDETTE_\w+)"\)', p.read_text())}
told = set(re.findall(r'^\| `(VEDETTE_\w+)` \|', text['docs/operations.md'], re.M))
hold('variables of the environment', read == told, read ^ told)

# ---- counters ----

def in_backquotes(words):
    words = re.sub(r'^```.*?^```$', '', words, flags=re.M | re.S)
    return {name for code in re.findall(r'`([^`]+)`', words) for name in re.findall(r'^\w+$', code)}

answer = (source / 'sensor/live/live_status.c').read_text()
shown = set(re.findall(r'json_key\(w, "(\w+)"\)', answer))
part = re.search(r'^## What is counted, and where it is shown\n(.*?)^## ', text['docs/operations.md'], re.M | re.S).group(1)
hold('parts of the status in docs/operations.md', len(shown) >= 10 and shown <= in_backquotes(part), shown - in_backquotes(part))
turn = (source / 'sensor/live/live_turn.c').read_text()
fields = set(re.findall(r'put\(&s, "(\w+)"', turn) + re.findall(r'\{"(\w+)", ', turn))
hold('fields of the status hash in docs/redis.md', len(fields) >= 10 and fields <= in_backquotes(text['docs/redis.md']), fields - in_backquotes(text['docs/redis.md']))

# ---- code in pages ----

def blocks(page):
    """The lines of blocks of code without a language."""
    return [line for language, block in re.findall(r'^```(\w*)\n(.*?)^```$', text[page], re.M | re.S) if not language for line in block.splitlines()]

def spans(page):
    """They, and what stands in backquotes elsewhere."""
    rest = re.sub(r'^```.*?^```$', '', text[page], flags=re.M | re.S)
    return blocks(page) + [' '.join(s.split()) for s in re.findall(r'`([^`]+)`', rest)]

targets = set(re.findall(r'^([a-z ]+):', (source / 'Makefile').read_text(), re.M))
targets = {name for names in targets for name in names.split()}
every = set().union(*(options_in(page) for page in helps.values()))
for page in text:
    for code in spans(page):
        for name, rest in re.findall(r'(?:^|[|;&(] *)(?:sudo )?(?:build/release/)?vedette (\S+)([^|;&]*)', code):
            if name in ('COMMAND', 'COMMAND:', '--help', '--version'):
                continue
            member = re.match(r' ([a-z]+)', rest)
            if member and '%s %s' % (name, member.group(1)) in called:
                name = '%s %s' % (name, member.group(1))
            hold('%s: no such command: %s' % (page, code), name in called)
            if name in called and name != 'redis':
                hold('%s: no such option: %s' % (page, code), options_in(rest) <= options_in(helps[name]), options_in(rest) - options_in(helps[name]))
        lone = re.match(r'--([a-z][a-z-]*)', code)
        if lone:
            hold('%s: no command has this option: %s' % (page, code), lone.group(1) in every | {'help', 'option', 'version'})
        for target in re.findall(r'(?:^|&& *)make ([a-z]+)', code):
            hold('%s: no such target: make %s' % (page, target), target in targets)
    for link, anchor in re.findall(r'\]\(([^)#:]*)(#[^)]*)?\)', text[page]):
        path = (source / page).parent / link if link else source / page
        hold('%s: no such file: %s' % (page, link), path.exists())
        if anchor:
            heads = {'#' + re.sub(r'[^a-z0-9 -]', '', h.lower()).replace(' ', '-') for h in re.findall(r'^#+ (.*)$', path.read_text(), re.M)}
            hold('%s: no such heading: %s%s' % (page, link, anchor), anchor in heads)
for page in ('docs/' + p.name for p in (source / 'docs').glob('*.md')):
    hold('README.md does not lead to %s' % page, page in text['README.md'])

for page in ('ARCHITECTURE.md', 'CONTRIBUTING.md'):
    for path in re.findall(r'tests/[\w/]+\.(?:sh|c|h)\b', text[page]):
        hold('%s: no such test: %s' % (page, path), '_X.' in path or (source / path).exists())

# ---- man page ----

man = (source / 'man/vedette.1').read_text(encoding='utf-8')
hold('commands of the man page', re.findall(r'^\.It Cm (\w+)', man, re.M) == commands, re.findall(r'^\.It Cm (\w+)', man, re.M))
hold('exit statuses of the man page', re.findall(r'^\.It (\d)$', man, re.M) == status, re.findall(r'^\.It (\d)$', man, re.M))
hold('variables of the man page', set(re.findall(r'^\.It Ev (VEDETTE_\w+)', man, re.M)) == read, read)
if shutil.which('mandoc'):
    done = run(['mandoc', '-Tlint', '-Wwarning', str(source / 'man/vedette.1')])
    hold('mandoc -Tlint', done.returncode == 0 and done.stdout == '', done.stdout)

# ---- files that examples read: a block of code whose first line names one ----

for page in text:
    for name, block in re.findall(r'^```(?:csv|json|xml) (\S+)\n(.*?)^```$', text[page], re.M | re.S):
        pathlib.Path(name).write_text(block, encoding='utf-8')

# ---- YAML ----

RULE = 'title: T%d\nid: 8a2bbf6a-6b2e-4f9c-9d0c-%012d\nlevel: low\nlogsource: {product: vedette, category: flow}\n'
loaded = {'policy': 0, 'edges': 0, 'list': 0, 'rule': 0, 'tests': 0, 'run': 0, 'tuning': 0}
for page in text:
    tested = {}
    for number, block in enumerate(re.findall(r'^```yaml\n(.*?)^```$', text[page], re.M | re.S)):
        folder = pathlib.Path('yaml-%s-%d' % (page.replace('/', '-'), number))
        folder.mkdir()
        keys = set(re.findall(r'^([a-z]+):', block, re.M))
        if 'conversations' in keys:  # tests of the policy that stands last on the page
            (folder / 'site.test.yaml').write_text(block, encoding='utf-8')
            done = run(['vedette', 'policy', 'test', '--site', policy, str(folder / 'site.test.yaml')])
            hold('%s: tests of a policy fail' % page, done.returncode == 0, done.stdout + done.stderr)
            continue
        if 'interface' in keys:
            kind, name, command = 'run', 'run.yaml', ['run', '--config', str(folder / 'run.yaml'), '--help']
        elif 'site' in keys:
            policy = str(folder / 'site.yaml')
            kind, name, option = 'policy', 'site.yaml', ['--site', str(folder / 'site.yaml')]
        elif 'edges' in keys:
            kind, name, option = 'edges', 'learned.yaml', ['--site', policy, '--learned', str(folder / 'learned.yaml')]
        elif 'list' in keys:
            kind, name, option = 'list', 'list.yaml', ['--lists', str(folder)]
            for shipped in ('public-resolvers', 'remote-control-tools', 'tunnel-applications'):
                (folder / (shipped + '.yaml')).write_bytes((source / 'rules/packs/lists' / (shipped + '.yaml')).read_bytes())
        elif 'suppressions' in keys:
            kind, name, option = 'tuning', 'tuning.yaml', ['--site', 'site.yaml', '--tuning', str(folder / 'tuning.yaml')]
        elif 'detection' in keys:
            kind, name, option = 'rule', 'rule.yml', ['--rules', str(folder)]
            if 'title' not in keys:
                block = RULE % (number, number) + block
            rule = block
        elif 'tests' in keys:  # beside a rule: the shipped one of that name, or the one of the page that stands above its first tests
            named = re.search(r'^rule: (.*)', block, re.M).group(1)
            shipped = source / 'rules/packs/rules' / named
            tested.setdefault(named, shipped.read_text() if shipped.exists() else rule)
            name = named if named.endswith('.yml') else 'page.yml'
            (folder / name).write_text(tested[named], encoding='utf-8')
            (folder / name.replace('.yml', '.test.yml')).write_text(block, encoding='utf-8')
            shutil.copy('capture.pcap', folder)
            done = run(['vedette', 'rules', 'test', '--json', str(folder)])
            results = json.loads(done.stdout) if done.stdout else {}
            hold('%s: a test file has faults' % page, results.get('faults') == [] and results['summary']['tests_failed'] == 0, done)
            loaded['tests'] += 1
            continue
        else:
            hold('%s: a block of YAML that is neither policy, list, tuning nor rule' % page, False, block)
            continue
        (folder / name).write_text(block, encoding='utf-8')
        done = run(['vedette', *(command if kind == 'run' else ['check', '--geo', '', *option])])
        hold('%s: a block of YAML is refused' % page, done.returncode == 0, done.stderr)
        loaded[kind] += 1
        if kind == 'run':
            pathlib.Path('run.yaml').write_text(block, encoding='utf-8')
        if kind == 'tuning':
            pathlib.Path('tuning.yaml').write_text(block, encoding='utf-8')
        if page == 'README.md' and kind == 'policy':
            pathlib.Path('readme-site.yaml').write_text(block, encoding='utf-8')
hold('kinds of YAML that were found', all(loaded.values()), loaded)

# ---- examples ----

def example(where, line, site):
    line = line.replace('build/release/vedette', 'vedette').replace('sudo vedette', 'vedette').replace(' --follow', '').replace('--site F', '--site site.yaml').replace('/captures', 'captures')
    line = re.sub(r'\bsite\.yaml\b', site, line)
    line = re.sub(r'\b(ID|3f2a9c)\b', os.environ['ID'][:12], line)
    line = re.sub(r'\bEDGE\b', os.environ['EDGE'], line)
    if re.match(r'vedette run\b', line):  # no interface here (system/test_run*.sh has them): options and file of options alone
        line = re.sub(r'\S*/run\.yaml', 'run.yaml', re.sub(r' +(>\S*|&|#.*)', '', line)) + ' --help'
    done = run(['bash', '-o', 'pipefail', '-c', line])
    hold('%s: %s' % (where, line), done.returncode == 0 and 'vedette ' not in done.stderr.replace('vedette alerts --name', ''), done)

ran = 0
for where, lines in [(page, blocks(page)) for page in text] + [
        ('vedette %s --help' % c, re.findall(r'^  (vedette .*)$', re.sub(r' *\\\n +', ' ', page), re.M)) for c, page in helps.items()]:
    for line in lines:
        # a synopsis is no example, BLOCK 0 waits for ever, and what asks a sensor needs one (test_confine.sh),
        # and what forwards goes on until it is told to end (test_forward.sh)
        if re.match(r'(sudo )?(build/release/)?vedette (status|reload|stop|forward)\b', line):
            continue
        if re.match(r'(sudo )?(build/release/)?vedette [a-z]|(echo|zcat) .*\| vedette', line) and 'OPTION...' not in line and 'BLOCK 0' not in line \
                and line != 'vedette redis [--state DIR] [ARGUMENT...]':
            example(where, line, 'readme-site.yaml' if where == 'README.md' else 'site.yaml')
            ran += 1
hold('examples that were run', ran >= 30, ran)

if faults:
    sys.exit('FAILED: %d of %d checks:\n%s' % (len(faults), checks, '\n'.join(faults)))
print('%d checks passed, %d examples run' % (checks, ran))
EOF
