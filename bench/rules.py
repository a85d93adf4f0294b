#!/usr/bin/env python3
"""rules.py [--rules N] [--indicators M] [--per-file N] OUT: many Sigma rules and indicators.

Writes OUT/rules/*.yml (for --rules: docs/rules.md) and OUT/lists/*.yaml (for --lists: docs/lists.md). The
same numbers give the same bytes, and the first rules and indicators of a larger set are those of a smaller
one. Rules are of all kinds that look at facts: parts, ends and beginnings of texts, whole texts, networks,
numbers and ranges of them, regular expressions, lists; on the events that traffic causes. Most name what
does not occur; about one in a hundred names something common, so that it matches now and then.
"""
import argparse
import os

LEVELS = ('informational', 'low', 'medium', 'high', 'critical')
SYLLABLES = ('ba be bo da de do fa fi ga go ha he ja jo ka ki ko la le lo ma me mi na ne no pa pe po qua ra re '
             'ri ro sa se so ta te ti to va ve vi wa we xa ya za ze zo').split()
ZONES = ('example net com org info biz top xyz online site ru cn io co uk de fr pl it').split()
WORDS = ('update login admin panel gate shell upload download config backup agent loader beacon task report proxy '
         'query status image static api video install patch driver metrics session token invoice').split()


class Random:
    """xorshift64*, so that the result depends on no library."""

    def __init__(self, seed):
        self.state = seed * 0x9E3779B97F4A7C15 + 0x1234567 & 2**64 - 1 or 1

    def below(self, n):
        x = self.state
        x ^= x >> 12
        x = x ^ x << 25 & 2**64 - 1
        x ^= x >> 27
        self.state = x
        return (x * 0x2545F4914F6CDD1D & 2**64 - 1) * n >> 64

    def pick(self, choices):
        return choices[self.below(len(choices))]

    def hexadecimal(self, digits):
        return f'{self.below(2**32):08x}{self.below(2**32):08x}{self.below(2**32):08x}' \
               f'{self.below(2**32):08x}{self.below(2**32):08x}'[:digits]


def name(r, syllables=3):
    return ''.join(r.pick(SYLLABLES) for _ in range(syllables)) + (str(r.below(100)) if r.below(3) == 0 else '')


def domain(r):
    return f'{name(r, 2 + r.below(3))}.{r.pick(ZONES)}'


def path(r):
    return f'/{r.pick(WORDS)}/{name(r)}.{r.pick(("php", "asp", "bin", "exe", "jsp", "dat"))}'


def address(r):
    first = 0
    while first in (0, 10, 100, 127, 169, 172, 192, 198, 203):
        first = 1 + r.below(222)
    return f'{first}.{r.below(256)}.{r.below(256)}.{r.below(256)}'


def network(r):
    length = r.pick((8, 12, 16, 20, 22, 24, 24, 24, 28, 32))
    if length == 8:
        length = 24
    a = 0
    for part in address(r).split('.'):
        a = a << 8 | int(part)
    a = a >> (32 - length) << (32 - length)
    return '.'.join(str(a >> s & 255) for s in (24, 16, 8, 0)) + (f'/{length}' if length < 32 else '')


def address_v6(r):
    return f'2a{r.below(256):02x}:{r.below(0xffff) + 1:x}:{r.below(0xffff) + 1:x}:{r.below(0xffff) + 1:x}'


# What a rule looks at: pairs of key and value, and pairs that are to be left out. Values are written as YAML.
def exact(r):
    choice = r.below(6)
    if choice == 0:
        return [('peer.domain', domain(r))], []
    if choice == 1:
        return [('tls.client.ja3', f"'{r.hexadecimal(32)}'")], []
    if choice == 2:
        return [('tls.server.hash.sha1', f"'{r.hexadecimal(40)}'")], []
    if choice == 3:
        return [('network.protocol', 'http'), ('url.domain', [domain(r), domain(r), domain(r)])], []
    if choice == 4:
        return [('user_agent.original', f'{name(r)}/{r.below(9)}.{r.below(9)}')], []
    return [('peer.as.number', 100000 + r.below(300000)), ('network.direction', 'outbound')], []


def contains(r):
    choice = r.below(6)
    if choice == 0:
        return [('url.full|contains', f"'{path(r)}'")], []
    if choice == 1:
        return [('user_agent.original|contains', [name(r), name(r, 2) + r.pick(WORDS)])], []
    if choice == 2:
        return [('peer.domain|contains', f'{name(r)}.'), ('flow.state', 'established')], []
    if choice == 3:
        return [('tls.server.subject|contains', f"'CN={domain(r)}'")], []
    if choice == 4:
        return [('tls.server.issuer|contains|all', ['O=', f'CN={name(r, 4)}'])], []
    return [('url.full|contains', f'?{r.pick(WORDS)}={name(r)}'), ('http.request.method', 'POST')], \
        [('peer.domain|endswith', '.microsoft.com')]


def suffix(r):
    field = r.pick(('peer.domain', 'tls.client.server_name', 'url.domain', 'destination.domain', 'peer.names'))
    if r.below(3) == 0:
        return [(f'{field}|endswith', [f'.{domain(r)}' for _ in range(2 + r.below(6))])], []
    return [(f'{field}|endswith', f'.{domain(r)}'), ('network.direction', 'outbound')], \
        [('contract.verdict', ['allowed', 'exception', 'window'])]


def prefix(r):
    choice = r.below(3)
    if choice == 0:
        return [('user_agent.original|startswith', f'{name(r)}/')], []
    if choice == 1:
        return [('ssh.client.banner|startswith', f'SSH-2.0-{name(r)}')], []
    return [('url.full|startswith', f"'http://{domain(r)}/'")], []


def networks(r):
    field = r.pick(('peer.ip', 'destination.ip', 'source.ip'))
    return [(f'{field}|cidr', [network(r) for _ in range(1 + r.below(4))]), ('flow.state', 'established')], []


def numbers(r):
    choice = r.below(4)
    if choice == 0:
        low = 20000 + r.below(45000)
        return [('destination.port|gte', low), ('destination.port|lt', low + 1 + r.below(8)),
                ('flow.state', 'established')], []
    if choice == 1:
        return [('peer.bytes|gt', 50000000 + r.below(2**32)), ('network.direction', 'inbound')], []
    if choice == 2:
        return [('event.duration|gte', (600 + r.below(80000)) * 10**9), ('network.protocol', r.pick(('ssh', 'rdp', 'vnc')))], []
    return [('destination.port', 1024 + r.below(60000)), ('network.transport', 'tcp'), ('equipment.bytes|gte', 1000)], \
        [('peer.scope', 'own')]


def expressions(r):
    choice = r.below(5)
    if choice == 0:
        return [('url.full|re', f"'/{name(r)}/[a-z0-9]{{6,12}}\\.(php|asp)$'")], []
    if choice == 1:
        return [('user_agent.original|re|i', f"'^{name(r)}[ /]\\d+(\\.\\d+)*'")], []
    if choice == 2:
        return [('peer.domain|re', f"'^[a-z]{{2,}}\\d*-{name(r, 2)}\\.{r.pick(ZONES)}$'")], []
    if choice == 3:
        return [('tls.server.names|re', f"'(^|\\.){name(r)}\\d{{2}}\\.'")], []
    return [('tls.client.server_name|re', "'^[a-f0-9]{32,}$'"), ('destination.port', 1024 + r.below(60000))], []


def listed(r):
    field, of = r.pick((('peer.ip', 'addresses'), ('peer.domain', 'domains'), ('peer.as.number', 'systems'),
                        ('tls.client.ja3', 'clients'), ('tls.server.hash.sha1', 'certificates')))
    return [(f'{field}|expand', f"'%{of}_0%'"), ('destination.port', 1024 + r.below(60000))], []


def question(r):
    """Of a DNS answer."""
    choice = r.below(4)
    if choice == 0:
        return [('dns.question.name|endswith', f'.{domain(r)}')], []
    if choice == 1:
        return [('dns.question.name|re', f"'^[a-z0-9]{{10,}}\\.{name(r)}\\.'")], []
    if choice == 2:
        return [('dns.resolved_ip|cidr', [network(r) for _ in range(3)])], []
    return [('dns.question.name|contains', f'{name(r)}.'), ('dns.question.type', 'TXT')], []


def common(r):
    """Occurs here and there."""
    choice = r.below(6)
    if choice == 0:
        return [('peer.domain|endswith', r.pick(('.microsoft.com', '.google.com', 'live.com'))),
                ('peer.bytes|gte', 20000 + r.below(200000))], []
    if choice == 1:
        return [('user_agent.original|startswith', r.pick(('curl/', 'Wget/', 'Microsoft-CryptoAPI/', 'python'))),
                ('http.response.status_code', r.pick((301, 404, 500)))], []
    if choice == 2:
        return [('url.full|contains', r.pick(('/etc/passwd', '/cgi-bin/', 'cmd=', '.exe'))),
                ('http.request.method', r.pick(('GET', 'POST'))), ('flow.phase', 'end'),
                ('peer.port|gte', 5000 + r.below(5000))], []
    if choice == 3:
        return [('tls.version', "'1.0'"), ('tls.server.issuer|re|i', "'o=(digicert|microsoft)'"),
                ('flow.phase', 'end')], []
    if choice == 4:
        return [('network.protocol', r.pick(('ssh', 'rdp', 'telnet', 'sip'))), ('flow.state', 'established'),
                ('event.duration|gte', (1 + r.below(60)) * 10**9)], []
    return [('peer.ip|cidr', r.pick(('8.8.0.0/16', '1.1.1.0/24', '52.0.0.0/8'))), ('network.bytes|gte', 1000 + r.below(100000)),
            ('flow.phase', 'end')], []


KINDS = ((contains, 22), (suffix, 22), (exact, 14), (prefix, 8), (networks, 10), (numbers, 8), (expressions, 10), (listed, 2),
         (question, 4))


def kind_of(i, r):
    if i % 100 == 7:
        return common
    at = r.below(sum(weight for _, weight in KINDS))
    for kind, weight in KINDS:
        if at < weight:
            return kind
        at -= weight
    return None


def write_selection(lines, title, pairs):
    lines.append(f'    {title}:')
    for key, value in pairs:
        if isinstance(value, list):
            lines.append(f'        {key}:')
            lines.extend(f"            - '{v}'" for v in value)
        else:
            lines.append(f'        {key}: {value}')


def rule(i):
    r = Random(1000003 + i)
    kind = kind_of(i, r)
    wanted, left_out = kind(r)
    category = 'dns' if kind is question else 'flow'
    if category == 'flow' and r.below(20) == 0:
        category = 'equipment'
    lines = [f'title: Bench rule {i} ({kind.__name__})', f'id: {r.hexadecimal(8)}-0000-4000-8000-{i:012x}',
             'status: test', f'description: One of many rules, about {kind.__name__}.', 'author: bench',
             'date: 2026-11-22', 'tags:', '    - attack.command-and-control', 'logsource:',
             '    product: vedette', f'    category: {category}', 'detection:']
    write_selection(lines, 'selection', wanted)
    if left_out:
        write_selection(lines, 'filter', left_out)
    lines.append('    condition: selection' + (' and not filter' if left_out else ''))
    lines.append('falsepositives:')
    lines.append('    - What the bench makes')
    lines.append(f'level: {LEVELS[r.below(3)]}')
    return '\n'.join(lines) + '\n'


def write_rules(folder, n, per_file):
    os.makedirs(folder, exist_ok=True)
    for first in range(0, n, per_file):
        with open(os.path.join(folder, f'bench-{first:06d}.yml'), 'w', encoding='utf-8') as f:
            f.write('---\n'.join(rule(i) for i in range(first, min(n, first + per_file))))


# Indicators: kind, list name, share in percent, how one is made, what is surely in it.
INDICATORS = (
    ('cidr', 'addresses', 45, lambda r: address_v6(r) + '::/64' if r.below(10) == 0
     else network(r) if r.below(4) == 0 else address(r), ('52.96.0.0/14',)),
    ('domain', 'domains', 35, lambda r: domain(r) if r.below(3) else f'{name(r, 1)}.{domain(r)}',
     ('bidder.mathtag.com',)),
    ('asn', 'systems', 2, lambda r: str(1000 + r.below(400000)), ()),
    ('ja3', 'clients', 9, lambda r: f"'{r.hexadecimal(32)}'", ()),
    ('sha1', 'certificates', 9, lambda r: f"'{r.hexadecimal(40)}'", ()),
)
PER_LIST = 100000


def write_list(folder, kind, title, number, values):
    """Every third list links, with a map for each tenth entry; the others are sets."""
    links = number % 3 == 1
    with open(os.path.join(folder, f'{title}-{number}.yaml'), 'w', encoding='utf-8') as f:
        f.write(f'schema: 1\nlist: {title}_{number}\ntitle: Indicators of the bench, {title} {number}\n'
                + ('tier: 3\n' if links else '')
                + f'source: bench/rules.py\ndate: 2026-11-22\nkind: {kind}\nentries:\n')
        for i, value in enumerate(values):
            if links and i % 10 == 9:
                f.write(f'  - {{{kind}: {value}, entity: Nobody, until: 2036-12-31}}\n')
            else:
                f.write(f'  - {value}\n')


def write_lists(folder, n):
    os.makedirs(folder, exist_ok=True)
    for place, (kind, title, percent, make, first) in enumerate(INDICATORS):
        r = Random(77 + place)
        wanted = max(1, n * percent // 100)
        values = dict.fromkeys(first)
        while len(values) < wanted:
            values[make(r)] = None
        values = list(values)[:max(wanted, 1)]
        for number in range((len(values) + PER_LIST - 1) // PER_LIST):
            write_list(folder, kind, title, number, values[number * PER_LIST:(number + 1) * PER_LIST])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rules', type=int, default=10000)
    parser.add_argument('--indicators', type=int, default=1000000)
    parser.add_argument('--per-file', type=int, default=20, help='rules in a file, at most 64 (default: 20)')
    parser.add_argument('out')
    args = parser.parse_args()
    for folder in ('rules', 'lists'):
        path_of = os.path.join(args.out, folder)
        for old in os.listdir(path_of) if os.path.isdir(path_of) else ():
            os.remove(os.path.join(path_of, old))
    write_rules(os.path.join(args.out, 'rules'), args.rules, args.per_file)
    write_lists(os.path.join(args.out, 'lists'), args.indicators)


if __name__ == '__main__':
    main()
