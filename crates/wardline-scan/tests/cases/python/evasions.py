# Ways in which an injection can be written so that no line of it looks like one.
import builtins
import asyncio
import functools
import importlib
import os
import sqlite3
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

from flask import Flask, request, session
from markupsafe import Markup

app = Flask(__name__)
db = sqlite3.connect("shop.db")
pool = ThreadPoolExecutor()


def alias_of_a_method():
    run = db.cursor().execute
    # ruleid: python.sql-injection
    run("select * from users where name = '" + request.args["name"] + "'")
    # ok: python.sql-injection
    run("select * from users where name = ?", [request.args["name"]])


def alias_that_is_chosen():
    cursor = db.cursor()
    run = cursor.execute if request.args.get("one") else cursor.executemany
    # ruleid: python.sql-injection
    run(f"delete from users where name = '{request.args['name']}'")
    # ok: python.sql-injection
    run("delete from users where name = 'nobody'")


def name_in_pieces():
    cursor = db.cursor()
    # ruleid: python.sql-injection
    getattr(cursor, "exe" + "cute")("select '" + request.args["name"] + "'")
    # ok: python.sql-injection
    getattr(cursor, "exe" + "cute")("select ?", [request.args["name"]])


def name_in_a_variable():
    cursor = db.cursor()
    first, second = "exe", "cute"
    verb = "".join(["exe", "cute"])
    # ruleid: python.sql-injection
    getattr(cursor, verb)("select '" + request.args["name"] + "'")
    # ok: python.sql-injection
    getattr(cursor, verb)("select ?", [request.args["name"]])


def name_backwards():
    # ruleid: python.code-injection
    getattr(builtins, "lave"[::-1])(request.args["code"])
    # ok: python.code-injection
    getattr(builtins, "nel"[::-1])(request.args["code"])


def name_by_numbers():
    # ruleid: python.code-injection
    getattr(builtins, "".join(map(chr, [101, 118, 97, 108])))(request.args["code"])
    # ruleid: python.code-injection
    getattr(builtins, "".join(chr(c) for c in [101, 118, 97, 108]))(request.args["code"])
    # ok: python.code-injection
    getattr(builtins, "".join(map(chr, [108, 101, 110])))(request.args["code"])


def global_by_name():
    # ruleid: python.code-injection
    globals()["__builtins__"].eval(request.args["code"])
    # ruleid: python.code-injection
    globals()["ev" + "al"](request.args["code"])
    # ruleid: python.code-injection
    __builtins__["ev" + "al"](request.args["code"])
    # ruleid: python.code-injection
    builtins.__dict__["ex" + "ec"](request.args["code"])
    # ok: python.code-injection
    globals()["global" + "_by_name"](request.args["code"])


def module_by_name():
    # ruleid: python.command-injection
    __import__("o" + "s").system("ping " + request.args["host"])
    # ruleid: python.command-injection
    importlib.import_module("o" + "s").system("ping " + request.args["host"])
    # ruleid: python.command-injection
    vars(os)["sys" + "tem"]("ping " + request.args["host"])
    # ruleid: python.command-injection
    os.__dict__["system"]("ping " + request.args["host"])
    # ok: python.command-injection
    vars(os)["get" + "env"]("ping " + request.args["host"])


def other_letters():
    # ruleid: python.code-injection
    ｅｖａｌ(request.args["code"])
    # ruleid: python.code-injection
    𝐞𝐱𝐞𝐜(request.args["code"])
    # ok: python.code-injection
    ｌｅｎ(request.args["code"])


def table_of_functions():
    ways = {"query": db.execute, "shell": os.system}
    # ruleid: python.command-injection
    ways["shell"]("ping " + request.args["host"])
    # ok: python.command-injection
    ways["query"]("select 1")


def list_of_functions():
    # ruleid: python.code-injection
    [len, eval][1](request.args["code"])
    # ok: python.code-injection
    [len, eval][0](request.args["code"])


def loop_over_functions():
    for step in (print, os.system):
        # ruleid: python.command-injection
        step("ping " + request.args["host"])
    for step in (print, repr):
        # ok: python.command-injection
        step("ping " + request.args["host"])


def with_some_arguments():
    ping = functools.partial(os.system)
    # ruleid: python.command-injection
    ping("ping " + request.args["host"])
    show = functools.partial(print, request.args["host"])
    # ok: python.command-injection
    show()


def with_the_argument_before():
    run = functools.partial(db.execute, "select '" + request.args["name"] + "'")
    # ruleid: python.sql-injection
    run()
    bound = functools.partial(db.execute, "select ?")
    # ok: python.sql-injection
    bound([request.args["name"]])


def by_map():
    # ruleid: python.code-injection
    list(map(eval, [request.args["code"]]))
    # ok: python.code-injection
    list(map(len, [request.args["code"]]))


def by_a_thread():
    # ruleid: python.command-injection
    threading.Thread(target=os.system, args=("ping " + request.args["host"],)).start()
    # ruleid: python.command-injection
    pool.submit(os.system, "ping " + request.args["host"])
    # ok: python.command-injection
    pool.submit(os.system, "uptime")


async def by_a_loop():
    # ruleid: python.command-injection
    await asyncio.to_thread(os.system, "ping " + request.args["host"])
    # ok: python.command-injection
    await asyncio.to_thread(os.system, "uptime")


def by_lambda():
    run = lambda line: os.system(line)  # noqa: E731
    run("uptime")
    # ok: python.command-injection
    (lambda line: line)("ping " + request.args["host"])


def by_lambda_from_outside():
    # ruleid: python.command-injection
    (lambda line: os.system(line))("ping " + request.args["host"])


def twice(function):
    def inner(*args, **kwargs):
        function(*args, **kwargs)
        return function(*args, **kwargs)

    return inner


@twice
def decorated(line):
    # ruleid: python.command-injection
    os.system(line)


def calls_decorated():
    decorated("ping " + request.args["host"])


def star_arguments():
    words = ["select '" + request.args["name"] + "'"]
    # ruleid: python.sql-injection
    db.execute(*words)
    safe = ["select ?", [request.args["name"]]]
    # ok: python.sql-injection
    db.execute(*safe)


def named_arguments():
    # ruleid: python.command-injection
    options = {"args": "ping " + request.args["host"], "shell": True}
    subprocess.run(**options)
    # ok: python.command-injection
    subprocess.run(**{"args": ["ping", request.args["host"]]})


def walrus():
    # ruleid: python.sql-injection
    db.execute(text := "select '" + request.args["name"] + "'")
    # ok: python.sql-injection
    db.execute(text := "select 1")


def match_statement():
    match request.args:
        case {"name": name}:
            # ruleid: python.sql-injection
            db.execute("select '" + name + "'")
    match [1, "select 1"]:
        case [_, text]:
            # ok: python.sql-injection
            db.execute(text)


def comprehension():
    # ruleid: python.sql-injection
    [db.execute(text) for text in ["select '" + value + "'" for value in request.args.values()]]
    # ok: python.sql-injection
    [db.execute(text) for text in ["select 1", "select 2"]]


def texts():
    for value in request.args.values():
        yield "select '" + value + "'"


def plain_texts():
    yield "select 1"


def generator():
    for text in texts():
        # ruleid: python.sql-injection
        db.execute(text)
    for text in plain_texts():
        # ok: python.sql-injection
        db.execute(text)


class Query:
    template = "select '{}'"
    last = ""

    def __init__(self, name):
        self.name = name

    def __call__(self):
        # ruleid: python.sql-injection
        db.execute(self.template.format(self.name))

    def __str__(self):
        return "select '" + self.name + "'"

    @property
    def text(self):
        return "select '" + self.name + "'"

    @staticmethod
    def plain(name):
        return "select 1"

    @classmethod
    def made(cls, name):
        return cls(name)


def calls_an_object():
    Query(request.args["name"])()


def property_of_an_object():
    # ruleid: python.sql-injection
    db.execute(Query.made(request.args["name"]).text)
    # ok: python.sql-injection
    db.execute(Query.plain(request.args["name"]))


def text_of_an_object():
    # ruleid: python.sql-injection
    db.execute(str(Query(request.args["name"])))
    # ok: python.sql-injection
    db.execute(str(Query("nobody").template))


def class_attribute():
    Query.last = "select '" + request.args["name"] + "'"
    # ruleid: python.sql-injection
    db.execute(Query.last)
    Query.last = "select 1"
    # ok: python.sql-injection
    db.execute(Query.last)


def function_attribute():
    class_attribute.text = "select '" + request.args["name"] + "'"
    # ruleid: python.sql-injection
    db.execute(class_attribute.text)
    class_attribute.text = "select 1"
    # ok: python.sql-injection
    db.execute(class_attribute.text)


class Base:
    def statement(self, name):
        return "select '" + name + "'"


class Child(Base):
    def run(self, name):
        # ruleid: python.sql-injection
        db.execute(self.statement(name))


class Strict(Base):
    def statement(self, name):
        return "select 1"

    def run(self, name):
        # ok: python.sql-injection
        db.execute(self.statement(name))


def inherited():
    Child().run(request.args["name"])
    Strict().run(request.args["name"])


def default_argument(run=os.system):
    # ruleid: python.command-injection
    run("ping " + request.args["host"])


def closure():
    name = request.args["name"]

    def text():
        return "select '" + name + "'"

    def plain():
        return "select 1"

    # ruleid: python.sql-injection
    db.execute(text())
    # ok: python.sql-injection
    db.execute(plain())


def two_names_for_one_list():
    a = b = []
    a.append("select '" + request.args["name"] + "'")
    # ruleid: python.sql-injection
    db.execute(b[0])
    c, d = [], []
    c.append("select '" + request.args["name"] + "'")
    d.append("select 1")
    # ok: python.sql-injection
    db.execute(d[0])


def two_names_for_one_dictionary():
    a = {}
    b = a
    b["text"] = "select '" + request.args["name"] + "'"
    # ruleid: python.sql-injection
    db.execute(a["text"])
    b["text"] = "select 1"
    # ok: python.sql-injection
    db.execute(a["text"])


def nested_unpacking():
    (a, (b, *c)), d = (1, ("select 1", "select '" + request.args["name"] + "'")), 2
    # ruleid: python.sql-injection
    db.execute(c[0])
    # ok: python.sql-injection
    db.execute(b)


def joined_text():
    # ruleid: python.sql-injection
    db.execute("".join(["select '", request.args["name"], "'"]))
    # ruleid: python.sql-injection
    db.execute(str.join("", ["select '", request.args["name"], "'"]))
    # ruleid: python.sql-injection
    db.execute(str.format("select '{}'", request.args["name"]))
    # ok: python.sql-injection
    db.execute("".join(["select ", "1"]))


def dunder_operators():
    # ruleid: python.sql-injection
    db.execute("select '".__add__(request.args["name"]))
    # ruleid: python.sql-injection
    db.execute("select '%s'".__mod__(request.args["name"]))
    # ok: python.sql-injection
    db.execute("select ".__add__("1"))


def method_called_by_the_class():
    # ruleid: python.sql-injection
    sqlite3.Connection.execute(db, "select '" + request.args["name"] + "'")


def exception_carries():
    try:
        raise ValueError("select '" + request.args["name"] + "'")
    except ValueError as error:
        # ruleid: python.sql-injection
        db.execute(str(error))
    try:
        raise ValueError("select 1")
    except ValueError as error:
        # ok: python.sql-injection
        db.execute(str(error))


def global_carries():
    global carried
    carried = "select '" + request.args["name"] + "'"


def uses_the_global():
    global_carries()
    # ruleid: python.sql-injection
    db.execute(carried)


def markup_by_alias():
    wrap = Markup
    # ruleid: python.xss
    return wrap("<b>" + request.args["name"] + "</b>")


def path_by_alias():
    read = open
    # ruleid: python.path-traversal
    return read("/srv/" + request.args["file"]).read()


def path_by_map():
    # ruleid: python.path-traversal
    return [page.read() for page in map(open, ["/srv/" + request.args["file"]])]


class Holder:
    pass


def kept_by_name():
    holder = Holder()
    setattr(holder, "name", request.args["name"])
    # ruleid: python.sql-injection
    db.execute("select '" + holder.name + "'")
    # ruleid: python.sql-injection
    db.execute("select '" + getattr(holder, "name") + "'")
    setattr(holder, "name", "x")
    # ok: python.sql-injection
    db.execute("select '" + holder.name + "'")


def kept_by_a_name_that_is_not_known(field):
    holder = Holder()
    setattr(holder, field, request.args["name"])
    # ruleid: python.sql-injection
    db.execute("select '" + holder.name + "'")


def kept_in_the_environment():
    os.environ["NAME"] = request.args["name"]
    # ruleid: python.command-injection
    os.system("echo " + os.environ["NAME"])
    os.environ["NAME"] = "x"
    # ok: python.command-injection
    os.system("echo " + os.environ["NAME"])


def shells_under_other_names():
    # ruleid: python.command-injection
    os.execvp("sh", ["sh", "-c", "ping " + request.args["host"]])
    # ruleid: python.command-injection
    os.spawnlp(os.P_WAIT, "sh", "sh", "-c", "ping " + request.args["host"])
    # ruleid: python.command-injection
    os.posix_spawn("/bin/sh", ["sh", "-c", "ping " + request.args["host"]], os.environ)
    # ok: python.command-injection
    os.execvp("ping", ["ping", "-c", "1", "--", request.args["host"]])
    # ok: python.command-injection
    os.execvp("sh", ["sh", "-c", "uptime"])


def shells_that_read_what_to_do():
    # ruleid: python.command-injection
    subprocess.run("sh", input="ping " + request.args["host"], text=True)
    # ruleid: python.command-injection
    subprocess.run(["bash"], input=request.data)
    shell = subprocess.Popen(["sh"], stdin=subprocess.PIPE)
    # ruleid: python.command-injection
    shell.communicate(("ping " + request.args["host"]).encode())
    # ok: python.command-injection
    subprocess.run(["sort"], input=request.data)
    # ok: python.command-injection
    subprocess.run("sh", input="uptime", text=True)


def kept_in_the_session():
    session["name"] = request.args["name"]
    # ruleid: python.sql-injection
    db.execute("select '" + session["name"] + "'")
