import os
import os as system_of
import subprocess as sp
from os import system as run_it
from subprocess import *
from hashlib import md5 as digest
import hashlib
# ruleid: import
import telnetlib

SHELL = True

# ruleid: call
os.system(x)
# ruleid: call
system_of.system(x)
# ruleid: call
run_it(x)
alias = os.system
# ruleid: call
alias(x)
# ruleid: call
getattr(os, "system")(x)
# ruleid: call
__import__("os").system(x)
# ok: call
os.system()
# ok: call
os.system(x, y)
# ok: call
other.system(x)

# ruleid: keyword
sp.run(cmd, shell=True)
# ruleid: keyword
run("ls", cwd="/", shell=SHELL, env={})
# ruleid: keyword
sp.run(cmd, **more, shell=True)
# ok: keyword
sp.run(cmd, shell=False)
# ok: keyword
sp.run(cmd)

# ruleid: either
digest(b"x")
# ruleid: either
hashlib.new("m" + "d5", b"x")
# ok: either
hashlib.new("sha256", b"x")

CODE = "1 + 1"
# ruleid: not
eval(code)
# ok: not
eval("1")
# ok: not
eval(CODE)


class Repository(Base):
    def save(self):
        # ruleid: inside
        self.db.commit()
        with lock:
            # ok: inside
            self.db.commit()


class Other:
    def save(self):
        # ok: inside
        self.db.commit()


# ruleid: same
if a.b[1] == a.b[1]:
    pass
# ok: same
if a.b[1] == a.b[2]:
    pass


def after(f, g):
    # ok: sequence
    f.read()
    f.close()
    # ok: sequence
    g.read()
    if g:
        # ruleid: sequence
        f.read(1)


def writes():
    # ruleid: assigned
    out = open("x")
    header(out)
    for line in lines:
        out.write(line)
    # ok: assigned
    other = open("x")
    out.write("y")


# ruleid: regex
db_password = "x"
# ruleid: regex
password = "x"
# ok: regex
name = "x"


# ruleid: comparison
generate(65537, key_size=1024) if 0 else generate(key_size=1024)
# ok: comparison
generate(key_size=4096)

# ruleid: nested
db.run("select " + name)
# ruleid: nested
db.run(f"select {name}")
# ok: nested
db.run("select 1")
# ok: nested
db.run(wrap("a" + b))
# ruleid: nested-not
db.go(q)
# ok: nested-not
db.go("select 1")


@login
@app.route("/x")
# ruleid: focus
def view(name):
    # ruleid: return
    return name


@other.route("/x")
# ok: focus
def not_view(name):
    # ok: return
    return name


# ruleid: deep
if user and not settings.DEBUG:
    go()
# ok: deep
if user:
    go(settings.DEBUG)

# ruleid: chain
session.begin().connection().execute(q)
# ruleid: chain
session.execute(q)
# ok: chain
other.execute(q)

# ruleid: many
log("a", b, exc_info=True)
# ok: many
log("a", b)

# ruleid: dictionary
config = {"a": 1, "cors": "*"}
# ok: dictionary
config = {"a": 1, "cors": "x"}

# ruleid: text
chmod(p, "0777")
# ok: text
chmod(p, "0770")

# ruleid: lines
# FIXME one
#  FIXME two

# ruleid: any-inside
html("a", b)
# ok: any-inside
html("a", "b")


def view(x):
    if x:
        # ok: return
        return escape(x)
    # ruleid: return
    return x
