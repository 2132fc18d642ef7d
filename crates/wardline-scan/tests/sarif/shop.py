import sqlite3
import subprocess

from flask import Flask, redirect, request

app = Flask(__name__)
database = sqlite3.connect("shop.db")


@app.route("/find")
def find():
    name = request.args["name"]
    rows = database.execute("select * from goods where name = '" + name + "'")
    return {"rows": rows.fetchall()}


@app.route("/ping")
def ping():
    host = request.args["host"]
    subprocess.run("ping -c 1 " + host, shell=True)
    return redirect(request.args["next"])


@app.route("/fixed")
def fixed():
    subprocess.run("uptime", shell=True)
    return "ok"
