"""Series of conversations of one piece of equipment with one peer, with times made by formula: beacons over the grid of issue 7, and what
is none. Every series is made from its own name, so that each run gives the same ones.

A series is what the sensor sees of a pair, in the order of time: flows are (seconds, bytes sent, bytes received, answered).
"""
import random
from collections import namedtuple

# SCOPE: own or external. APP: what it speaks, where its content says so. BURSTS: the flows are bursts inside one that lasts.
Series = namedtuple('Series', 'name kind equipment peer scope app bursts flows')


def series(name, kind, flows, equipment=None, peer=None, scope='external', app='tls', bursts=False):
    return Series(name, kind, equipment or name, peer or name, scope, app, bursts, flows)

PERIODS = [10, 60, 300, 900, 3600, 21600, 86400, 604800]
JITTERS = [0, 10, 20, 30, 50]
LOSSES = [0, 10, 20, 30]
BEATS = [10, 20, 40]
# How tools make jitter: a sleep of P +- j (Mythic, Empire), one of P(1-j) to P (Cobalt Strike), a clock's minute and a delay of 0 to jP (cron).
TIMERS = ['both-ways', 'shorter', 'clock']
DAY = 86400


def sleeps(rng, timer, period, jitter):
    """Times of the beats, without end."""
    t = rng.uniform(0, DAY)
    n = 0
    while True:
        if timer == 'clock':
            yield t + n * period + rng.uniform(0, jitter * period)
        else:
            yield t
            t += period * (rng.uniform(1 - jitter, 1 + jitter) if timer == 'both-ways' else rng.uniform(1 - jitter, 1))
        n += 1


def check_in(rng, base):
    """Sizes of a beat: the same but for a counter or a time in it; one in twelve brings a task, and its result."""
    sent, received = (round(b * rng.uniform(0.98, 1.02)) for b in base)
    if rng.random() < 1 / 12:
        received += round(rng.uniform(500, 100000))
        sent += round(rng.uniform(500, 20000))
    return sent, received


def padded(rng, base):
    """Sizes of a beat that somebody padded by up to its own length."""
    return tuple(round(b * rng.uniform(1, 2)) for b in base)


def beacon(name, timer, period, jitter, loss, beats, sizes=check_in):
    """BEATS beats that were seen; of all that were made, a share of LOSS was not."""
    rng = random.Random(name)
    base = rng.uniform(300, 1500), rng.uniform(300, 4000)
    flows = []
    for t in sleeps(rng, timer, period, jitter):
        t += rng.uniform(0, 0.15)  # a way through networks
        if flows and rng.random() < loss:
            continue
        flows.append((t, *sizes(rng, base), True))
        if len(flows) == beats:
            return sorted(flows)


def grid(repeats, beats=BEATS):
    for period in PERIODS:
        for jitter in JITTERS:
            for loss in LOSSES:
                for n in beats:
                    for timer in TIMERS:
                        for i in range(repeats):
                            name = f'beacon/{period}/{jitter}/{loss}/{n}/{timer}/{i}'
                            yield series(name, 'beacon', beacon(name, timer, period, jitter / 100, loss / 100, n))


def any_size(rng, base):
    """Sizes of a beat that hides in those of web pages."""
    return round(base[0] * rng.lognormvariate(0, 0.8)), round(base[1] * rng.lognormvariate(0, 1.3))


def made(rng, flows):
    """Ten beats were made, and not all of them seen."""
    return [f for f in flows[:10] if rng.random() >= 0.3]


def working_hours(rng, flows):
    """Silent by night and at the weekend; the beats of a day follow each other."""
    day = 9 * 3600
    return [(8 * 3600 + t % day + (t // day // 5 * 7 + t // day % 5) * DAY, *rest) for t, *rest in flows]


def at_work(rng, flows):
    """In the middle of it somebody gives orders for a while, one conversation each few seconds."""
    t, *rest = flows[len(flows) // 2]
    work = []
    for _ in range(rng.randint(5, 25)):
        t += rng.uniform(2, 20)
        work.append((t, rng.randint(300, 30000), rng.randint(300, 30000), True))
    later = max(0, work[-1][0] - t)
    return sorted(flows[:len(flows) // 2 + 1] + work + [(f[0] + later, *f[1:]) for f in flows[len(flows) // 2 + 1:]])


def set_anew(rng, flows):
    """Half-way the timer is set to three times its period."""
    middle = len(flows) // 2
    t = flows[middle][0]
    return [(f[0] if i < middle else t + (f[0] - t) * 3, *f[1:]) for i, f in enumerate(flows)]


def as_it_is(rng, flows):
    return flows


# What the grid does not have: (name, sizes, what becomes of the beats, whether they are bursts inside one conversation).
VARIANTS = [
    ('sizes padded up to double', padded, as_it_is, False),
    ('any size', any_size, as_it_is, False),
    ('inside one conversation', check_in, as_it_is, True),
    ('ten beats made, three in ten missed', check_in, made, False),
    ('working hours only', check_in, working_hours, False),
    ('somebody at work in between', check_in, at_work, False),
    ('set anew half-way', check_in, set_anew, False),
]


def variants(repeats):
    for variant, sizes, change, bursts in VARIANTS:
        for period in (60, 900, 3600, 86400):
            for jitter in (0, 20, 50):
                for beats in (10, 20, 40):
                    for timer in TIMERS:
                        for i in range(repeats):
                            name = f'variant/{period}/{jitter}/10/{beats}/{timer}/{variant}/{i}'.replace(' ', '-')
                            flows = beacon(name, timer, period, jitter / 100, 0 if change is made else 0.1, beats, sizes)
                            if change is not working_hours or period < 3600:
                                yield series(name, variant, change(random.Random(name), flows), bursts=bursts)


def office_hours(rng, days):
    for day in range(days):
        if day % 7 < 5:
            yield day * DAY + 8 * 3600, day * DAY + 17 * 3600


def browsing(rng):
    """A person and a web site: visits, pages with some conversations each, and whatever size."""
    for begin, end in office_hours(rng, rng.randint(1, 10)):
        for _ in range(rng.randint(1, 6)):
            t = rng.uniform(begin, end)
            for _ in range(rng.randint(2, 40)):
                for _ in range(rng.randint(1, 6)):
                    yield t + rng.uniform(0, 1.5), rng.lognormvariate(7, 0.8), rng.lognormvariate(9.5, 1.3)
                t += rng.lognormvariate(3.2, 1.1)


def unrelated(rng, sizes):
    mean = 10 ** rng.uniform(1.2, 5)
    t = 0
    for _ in range(rng.randint(10, 300)):
        t += rng.expovariate(1 / mean)
        yield t, *sizes(rng)


def alarms(rng):
    """Events that know nothing of each other, each told in a message of one size: the hardest to tell from a beacon."""
    base = rng.uniform(200, 900)
    return unrelated(rng, lambda r: (base * r.uniform(0.99, 1.01), base))


def transactions(rng):
    """The same with sizes that vary."""
    return unrelated(rng, lambda r: (r.lognormvariate(7, 0.6), r.lognormvariate(8, 0.9)))


def bouts(rng):
    """Machine traffic that comes in bouts: busy for a while, then idle."""
    t = 0
    for _ in range(rng.randint(4, 30)):
        busy = rng.uniform(1, 60)
        for _ in range(rng.randint(1, 25)):
            yield t, rng.choice([450, 450, 800]) * rng.uniform(0.97, 1.03), rng.choice([600, 1500, 9000]) * rng.uniform(0.9, 1.1)
            t += rng.expovariate(1 / busy)
        t += rng.expovariate(1 / (busy * 60))


def sessions(rng):
    """A person who logs in to work now and then on working days."""
    for begin, end in office_hours(rng, rng.randint(14, 60)):
        for _ in range(rng.choice([0, 1, 1, 2, 3])):
            yield rng.uniform(begin, end), rng.lognormvariate(9, 1.2), rng.lognormvariate(10, 1.3)


def backing_off(rng):
    """A client that asks again later and later while its server is busy, and is quiet once it was served."""
    t = 0
    for _ in range(rng.randint(3, 15)):
        wait = rng.choice([1, 2, 5])
        for _ in range(rng.randint(2, 9)):
            yield t, 700 * rng.uniform(0.99, 1.01), 300
            t += wait * rng.uniform(0.9, 1.1)
            wait *= 2
        yield t, 700, rng.uniform(1000, 30000)
        t += rng.expovariate(1 / 20000)


def downloads(rng):
    """A cache that fetches what somebody asked it for: a few at once, at the hours of people."""
    for begin, end in office_hours(rng, rng.randint(2, 14)):
        for _ in range(rng.randint(1, 5)):
            t = rng.uniform(begin - 3600, end + 4 * 3600)
            for _ in range(rng.randint(1, 30)):
                yield t, rng.uniform(400, 1200), rng.lognormvariate(12, 2)
                t += rng.lognormvariate(1.5, 1.2)


def mail(rng):
    """A server that forwards messages as they come: more by day than by night."""
    t = 0
    mean = 10 ** rng.uniform(2, 4)
    for _ in range(rng.randint(10, 300)):
        by_day = 7 <= t % DAY / 3600 < 20
        t += rng.expovariate((1 if by_day else 0.15) / mean)
        yield t, rng.lognormvariate(9, 1.1), rng.uniform(900, 1200)


IRREGULAR = [browsing, alarms, transactions, bouts, sessions, backing_off, downloads, mail]


def irregular(repeats):
    for make in IRREGULAR:
        for i in range(repeats):
            name = f'irregular/{make.__name__}/{i}'
            rng = random.Random(name)
            flows = sorted((t, round(sent), round(received), True) for t, sent, received in make(rng))
            yield series(name, make.__name__, flows)


def clockwork(rng, period, beats, jitter, base, varied=0.01):
    t = rng.uniform(0, period)
    for _ in range(beats):
        yield t, *(round(b * rng.uniform(1 - varied, 1 + varied)) for b in base), True
        t += period * rng.uniform(1 - jitter, 1 + jitter)


# What runs by a clock in any operator's network: (kind, scope, application, period in s, jitter, bytes sent, received, bursts in one flow).
BACKGROUND = [
    ('time', 'external', 'ntp', 64, 0.02, 76, 76, False),
    ('time', 'external', 'ntp', 1024, 0.02, 76, 76, False),
    ('names', 'external', 'dns', 300, 0.1, 70, 150, False),
    ('log keepalive', 'own', 'syslog', 60, 0.05, 200, 60, False),
    ('polling', 'own', 'snmp', 300, 0.01, 900, 4000, False),
    ('watchdog', 'own', 'diameter', 30, 0.01, 150, 150, True),
    ('path echo', 'own', 'gtp_c', 60, 0.01, 42, 42, True),
    ('liveness', 'own', 'bfd', 10, 0.1, 66, 66, True),
    ('backup', 'own', 'ssh', 86400, 0.005, 200000000, 900000, False),
]


def update_checks(rng):
    """A host that asks its supplier's server for updates each six hours, more or less; now and then there are some."""
    for t, sent, received, answered in clockwork(rng, 21600, rng.randint(12, 60), 0.15, (1200, 5000)):
        yield t, sent, received + (round(rng.uniform(1e6, 5e8)) if rng.random() < 0.05 else 0), answered


def background(repeats):
    """Periodic and benign. Ten hosts ask for updates at each server, and each other service is used by one series alone."""
    for kind, scope, app, period, jitter, sent, received, bursts in BACKGROUND:
        for i in range(repeats):
            name = f'background/{kind}/{period}/{i}'.replace(' ', '-')
            rng = random.Random(name)
            flows = list(clockwork(rng, period, rng.randint(12, 120), jitter, (sent, received)))
            yield series(name, kind, flows, scope=scope, app=app, bursts=bursts)
    for i in range(repeats):
        for host in range(10):
            name = f'background/updates/{i}/{host}'
            rng = random.Random(name)
            yield series(name, 'updates', list(update_checks(rng)), peer=f'updates-{i}')
