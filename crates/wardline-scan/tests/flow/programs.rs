//! The programs.

/// Name and text.
pub(crate) const PROGRAMS: &[(&str, &str)] = &[
    (
        "names",
        "
x = source()
y = x
sink(y) # bad
y = 'a'
sink(y)
sink(clean(x))
z = clean(x)
sink(z)
sink(len(x), int(x))
",
    ),
    (
        "texts",
        "
x = source()
sink('a' + x) # bad
sink(f'a{x}b') # bad
sink('a %s' % x) # bad
sink('a %s' % (x,)) # bad
sink('a %d' % x)
sink('{} {}'.format('a', x)) # bad
sink('{0}'.format('a', x))
sink('{a}'.format(a=x)) # bad
sink(' '.join(['a', x])) # bad
sink(x.upper()[1:3].strip()) # bad
sink(str(x)) # bad
s = 'a'
s += x
sink(s) # bad
sink(('a' + 'b').upper())
",
    ),
    (
        "branches that are not taken",
        "
x = source()
n = 106
a = 'safe' if 7 * 18 + n > 200 else x
sink(a)
b = x if 7 * 18 + n > 200 else 'safe'
sink(b) # bad
c = 'This should never happen'
if 'should' not in c:
    c = x
sink(c)
if 1 == 2:
    sink(x)
while False:
    sink(x)
word = 'ABC'[1]
match word:
    case 'A':
        d = x
    case 'B':
        d = 'bob'
    case 'C' | 'D':
        d = x
    case _:
        d = 'other'
sink(d)
match x:
    case 'A':
        sink(x)
    case other:
        sink(other) # bad
",
    ),
    (
        "both ways are joined",
        "
def f(flag):
    x = source()
    a = 'safe'
    if flag:
        a = x
    sink(a) # bad
    b = x
    if flag:
        b = 'one'
    else:
        b = 'two'
    sink(b)
    c = x
    if flag:
        return
    else:
        c = 'safe'
    sink(c)
    d = None
    try:
        d = x
        d = 'safe'
    except ValueError:
        sink(d) # bad
    finally:
        pass
",
    ),
    (
        "loops",
        "
def f(items):
    a = ''
    b = 'x'
    for item in items:
        a = b
        b = source()
    sink(a) # bad
    for x in [source(), 'a']:
        sink(x) # bad
    for x in ['a', 'b']:
        sink(x)
    i = 0
    while i < 10:
        i += 1
        if i == 5:
            c = source()
            break
    else:
        c = 'safe'
    sink(c) # bad
    for x in []:
        sink(source())
",
    ),
    (
        "lists",
        "
x = source()
l = []
l.append('safe')
l.append(x)
l.append('more')
sink(l[0])
sink(l[1]) # bad
l.pop(0)
sink(l[0]) # bad
sink(l[1])
sink(l[-1])
sink(l) # bad
l.insert(0, 'first')
sink(l[0], l[2])
sink(l[1]) # bad
a, b = 'safe', x
sink(a)
sink(b) # bad
first, *rest = [x, 'a', 'b']
sink(first) # bad
sink(rest)
l[1] = 'safe'
sink(l)
m = ['a'] + [x]
sink(m[0])
sink(m[1]) # bad
",
    ),
    (
        "maps",
        "
x = source()
m = {'a': 'safe', 'b': x}
sink(m['a'])
sink(m['b']) # bad
sink(m.get('a'))
sink(m.get('b', '')) # bad
sink(m.get('c', 'safe'))
m['a'] = x
sink(m['a']) # bad
m['b'] = 'safe'
sink(m['b'])
del m['a']
sink(m)
n = dict(k=x, j='safe')
sink(n['k']) # bad
sink(n['j'])
n.update(j=x)
sink(n['j']) # bad
sink('{0[k]}'.format(n)) # bad
for key, value in {'a': x}.items():
    sink(key)
    sink(value) # bad
",
    ),
    (
        "stores",
        "
import configparser
conf = configparser.ConfigParser()
conf.add_section('s')
conf.set('s', 'a', 'safe')
conf.set('s', 'b', source())
sink(conf.get('s', 'a'))
sink(conf.get('s', 'b')) # bad
",
    ),
    (
        "functions",
        "
def same(a):
    return a

def first(a, b):
    return a

def keyword(*, a, b='safe'):
    return b

def all_of(*args, **kwargs):
    return args[1], kwargs['k']

x = source()
sink(same(x)) # bad
sink(same('a'))
sink(first(x, 'a')) # bad
sink(first('a', x))
sink(first(b='a', a=x)) # bad
sink(keyword(a=x))
sink(keyword(a='a', b=x)) # bad
r = all_of(x, 'a', k=x)
sink(r[0])
sink(r[1]) # bad
twice = lambda v: v + v
sink(twice(x)) # bad
",
    ),
    (
        "functions that change what they are given",
        "
def add(items, item):
    items.append(item)

l = []
add(l, source())
sink(l[0]) # bad

def fill(m):
    m['a'] = source()

d = {'a': 'safe', 'b': 'safe'}
fill(d)
sink(d['a']) # bad
sink(d['b'])
",
    ),
    (
        "closures",
        "
def outer():
    x = source()
    y = 'safe'
    def inner():
        sink(x) # bad
        sink(y)
    inner()

def changing():
    x = 'safe'
    def change():
        nonlocal x
        x = source()
    change()
    sink(x) # bad

shared = 'safe'

def set_it():
    global shared
    shared = source()

def wrap(f):
    def wrapped(*args):
        return f(*args)
    return wrapped

@wrap
def decorated(a):
    return a

sink(decorated(source())) # bad
sink(decorated('a'))
",
    ),
    (
        "generators",
        "
def each():
    yield 'a'
    yield source()

for x in each():
    sink(x) # bad

sink([y for y in each()]) # bad
sink([len(y) for y in each()])
sink({k: v for k, v in [('a', source())]}) # bad
",
    ),
    (
        "objects",
        "
class Base:
    def __init__(self, value):
        self.value = value
        self.fixed = 'safe'

    def get(self):
        return self.value

    @property
    def shown(self):
        return '<' + self.value + '>'

    @staticmethod
    def same(a):
        return a

    @classmethod
    def make(cls, a):
        return cls(a)

class Derived(Base):
    kind = 'safe'

    def __init__(self, value, other):
        super().__init__(value)
        self.other = other

    def set(self, other):
        self.other = other

x = source()
b = Base(x)
sink(b.value) # bad
sink(b.fixed)
sink(b.get()) # bad
sink(b.shown) # bad
sink(Base('a').get())
sink(Base.same(x)) # bad
sink(Base.make(x).get()) # bad
d = Derived(x, 'safe')
sink(d.get()) # bad
sink(d.other)
sink(d.kind)
d.set(x)
sink(d.other) # bad
b.value = 'safe'
sink(b.get())
",
    ),
    (
        "fields that one method fills and another uses",
        "
class View:
    def __init__(self):
        self.name = ''
        self.fixed = 'safe'

    def load(self):
        self.name = source()

    def use(self):
        sink(self.name) # bad
        sink(self.fixed)
",
    ),
    (
        "checks",
        "
import re

ALLOWED = ['a', 'b']

def f(flag):
    x = source()
    if x in ALLOWED:
        sink(x)
    else:
        sink(x) # bad
    if x not in ('a', 'b'):
        sink(x) # bad
        return
    sink(x)

def g():
    x = source()
    if x == 'a':
        sink(x)
    if x != 'a' and x != 'b':
        raise ValueError(x)
    sink(x)

def h():
    x = source()
    if not x.isalnum():
        return
    sink(x)

def i():
    x = source()
    if not re.fullmatch('[a-z0-9_]+', x):
        return
    sink(x)

def j():
    x = source()
    m = re.match(r'^\\w+$', x)
    if m is None:
        return
    sink(x)

def k():
    x = source()
    if re.match('[a-z]+', x):
        sink(x) # bad

def l():
    x = source()
    ok = x in ALLOWED
    if ok:
        sink(x)
    x = source()
    if ok:
        sink(x) # bad

def m():
    table = {'a': 'first', 'b': 'second'}
    x = source()
    sink(table[x])
    sink(table.get(x, 'none'))

def n():
    x = source()
    assert x in ALLOWED
    sink(x)
    y = source()
    sink(y if y in ALLOWED else 'a')

def o():
    x = source()
    if x in source():
        sink(x) # bad
    if 'a' in x:
        sink(x) # bad
    if not x:
        sink(x)
",
    ),
    (
        "escaping by hand",
        "
def escape(s):
    allowed = [',', '.', '-']
    ret = ''
    for c in s:
        if c.isalnum() or c in allowed:
            ret += c
        else:
            ret += '&#x' + hex(ord(c))[2:] + ';'
    return ret

sink(escape(source()))
",
    ),
    (
        "an origin that is not known",
        "
def f(x, flag):
    sink(x) # unknown
    sink('a' + x) # unknown
    sink('a' if flag else 'b')
    sink(len(x))
    if x in ('a', 'b'):
        sink(x)
    sink(other(x)) # unknown
",
    ),
    (
        "constants decide in the function that is called",
        "
def pick(kind, value):
    if kind == 'raw':
        return value
    return 'safe'

x = source()
sink(pick('raw', x)) # bad
sink(pick('other', x))
",
    ),
    (
        "recursion ends",
        "
def f(n, x):
    if n == 0:
        return x
    return f(n - 1, x)

def even(n, x):
    return odd(n - 1, x)

def odd(n, x):
    return even(n - 1, x)

sink(f(3, source())) # bad
even(3, source())
",
    ),
    (
        "other files",
        "
from helpers.text import same, SAFE
import helpers.text
from helpers import text as t
from helpers.text import Box

x = source()
sink(same(x)) # bad
sink(same('a'))
sink(helpers.text.same(x)) # bad
sink(t.same(x)) # bad
sink(SAFE)
sink(Box(x).value) # bad
sink(Box(x).fixed())
# file: helpers/text.py
SAFE = 'safe'

def same(a):
    return a

class Box:
    def __init__(self, value):
        self.value = value

    def fixed(self):
        return 'safe'
",
    ),
    (
        "what unknown functions and methods do",
        "
import io, lib
x = source()
sink(lib.change(x)) # bad
sink(x.thing.other()) # bad
out = io.StringIO()
out.write(x)
sink(out.getvalue()) # bad
row = lib.table.get(x)
sink(row) # unknown
",
    ),
];
