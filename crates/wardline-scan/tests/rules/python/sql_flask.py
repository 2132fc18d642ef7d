import sqlite3
import uuid

import pandas as pd
import psycopg2
from flask import Flask, abort, g, request
from flask_sqlalchemy import SQLAlchemy
from psycopg2 import sql
from sqlalchemy import select, text

app = Flask(__name__)
db = SQLAlchemy(app)
COLUMNS = {"name": "name", "date": "created_at"}
TABLES = ["users", "orders"]


def connect():
    return sqlite3.connect("app.db")


@app.route("/a")
def formatted():
    name = request.args.get("name")
    cur = connect().cursor()
    # ruleid: python.sql-injection
    cur.execute("select * from users where name = '%s'" % name)
    # ok: python.sql-injection
    cur.execute("select * from users where name = ?", (name,))
    return {}


@app.route("/b")
def f_string():
    name = request.form["name"]
    query = f"select * from users where name = '{name}'"
    # ruleid: python.sql-injection
    connect().execute(query)
    # ok: python.sql-injection
    connect().execute("select 1")
    return {}


@app.route("/c")
def concatenated():
    query = "select * from users"
    where = request.args.get("where")
    if where:
        query += " where " + where
    # ruleid: python.sql-injection
    db.session.execute(query)
    return {}


@app.route("/d/<name>")
def from_route(name):
    # ruleid: python.sql-injection
    db.session.execute(text("select * from users where name = '{}'".format(name)))
    # ok: python.sql-injection
    db.session.execute(text("select * from users where name = :name"), {"name": name})
    return {}


@app.route("/e/<int:user_id>")
def typed_route(user_id):
    # ok: python.sql-injection
    db.session.execute(f"select * from users where id = {user_id}")
    return {}


@app.route("/f")
def converted():
    page = int(request.args.get("page", "1"))
    # ok: python.sql-injection
    db.session.execute(f"select * from users limit 10 offset {page * 10}")
    key = uuid.UUID(request.args["key"])
    # ok: python.sql-injection
    db.session.execute(f"select * from users where key = '{key}'")
    return {}


@app.route("/g")
def order():
    column = request.args.get("sort", "name")
    # ruleid: python.sql-injection
    db.session.execute("select * from users order by " + column)
    if column not in ("name", "created_at"):
        abort(400)
    # ok: python.sql-injection
    db.session.execute("select * from users order by " + column)
    return {}


@app.route("/h")
def mapped():
    column = COLUMNS.get(request.args.get("sort"), "name")
    # ok: python.sql-injection
    db.session.execute("select * from users order by " + column)
    return {}


@app.route("/i")
def built():
    name = request.args["name"]
    # ok: python.sql-injection
    db.session.execute(select(User).where(User.name == name))
    # ok: python.sql-injection
    db.session.execute(select(User).filter(User.name.like("%" + name + "%")))
    return {}


class User(db.Model):
    name = db.Column(db.String)


@app.route("/j")
def frames():
    # ruleid: python.sql-injection
    pd.read_sql("select * from t where c = '" + request.args["c"] + "'", g.engine)
    # ok: python.sql-injection
    pd.read_sql("select * from t where c = %s", g.engine, params=[request.args["c"]])
    return {}


def find(cursor, name):
    # ruleid: python.sql-injection
    cursor.execute("select * from users where name = '" + name + "'")


@app.route("/k")
def through_a_function():
    find(connect().cursor(), request.cookies.get("name"))
    return {}


def find_well(cursor, name):
    # ok: python.sql-injection
    cursor.execute("select * from users where name = ?", [name])


@app.route("/l")
def through_a_good_function():
    find_well(connect().cursor(), request.cookies.get("name"))
    return {}


class Repository:
    def __init__(self, connection):
        self.connection = connection

    def search(self, term):
        # ruleid: python.sql-injection
        return self.connection.execute("select * from posts where title like '%" + term + "%'")

    def search_well(self, term):
        # ok: python.sql-injection
        return self.connection.execute("select * from posts where title like ?", ("%" + term + "%",))


@app.route("/m")
def through_a_class():
    repository = Repository(connect())
    repository.search(request.args["q"])
    repository.search_well(request.args["q"])
    return {}


@app.route("/n", methods=["POST"])
def from_json():
    data = request.get_json()
    ids = ",".join(data["ids"])
    # ruleid: python.sql-injection
    connect().execute(f"delete from users where id in ({ids})")
    marks = ",".join("?" for _ in data["ids"])
    # ok: python.sql-injection
    connect().execute(f"delete from users where id in ({marks})", data["ids"])
    return {}


@app.route("/o")
def identifiers():
    table = request.args["table"]
    conn = psycopg2.connect("")
    # ok: python.sql-injection
    conn.cursor().execute(sql.SQL("select * from {}").format(sql.Identifier(table)))
    # ruleid: python.sql-injection
    conn.cursor().execute(sql.SQL("select * from " + table))
    if table in TABLES:
        # ok: python.sql-injection
        conn.cursor().execute("select * from " + table)
    return {}


@app.route("/p")
def branches():
    name = request.args.get("name", "")
    if name.isalnum():
        # ok: python.sql-injection
        connect().execute("select * from users where name = '" + name + "'")
    else:
        # ruleid: python.sql-injection
        connect().execute("select * from users where name = '" + name + "'")
    return {}


@app.route("/q")
def script():
    # ruleid: python.sql-injection
    connect().executescript("insert into log values ('%s')" % request.headers["User-Agent"])
    # ok: python.sql-injection
    connect().executescript("insert into log values ('start')")
    return {}


@app.route("/r")
def overwritten():
    name = request.args["name"]
    name = "fixed"
    # ok: python.sql-injection
    connect().execute("select * from users where name = '" + name + "'")
    query = "select 1"
    query = "select * from t where x = " + request.args["x"]
    # ruleid: python.sql-injection
    connect().execute(query)
    return {}


@app.route("/s")
def in_a_dictionary():
    parameters = {"name": request.args["name"], "table": "users"}
    # ok: python.sql-injection
    connect().execute("select * from " + parameters["table"])
    # ruleid: python.sql-injection
    connect().execute("select * from users where name = '" + parameters["name"] + "'")
    return {}


@app.route("/t")
def in_a_loop():
    clauses = []
    for key in request.args:
        clauses.append(f"{key} = '{request.args[key]}'")
    # ruleid: python.sql-injection
    connect().execute("select * from users where " + " and ".join(clauses))
    fixed = []
    for key in ["a", "b"]:
        fixed.append(f"{key} = ?")
    # ok: python.sql-injection
    connect().execute("select * from users where " + " and ".join(fixed), [1, 2])
    return {}
