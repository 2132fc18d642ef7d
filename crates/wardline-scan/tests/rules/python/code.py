import ast
import builtins
import importlib
import json
import operator

import numexpr
import pandas as pd
from django.http import JsonResponse
from django.views import View
from fastapi import APIRouter, Request
from flask import Flask, abort, request
from tornado.web import RequestHandler

app = Flask(__name__)
router = APIRouter()
OPERATIONS = {"+": operator.add, "-": operator.sub}
PLUGINS = ("csv", "json")
frame = pd.DataFrame()


@app.route("/a")
def a():
    text = request.args["text"]
    # ruleid: python.code-injection
    eval(text)
    # ok: python.code-injection
    eval("1 + 1")
    # ok: python.code-injection
    ast.literal_eval(text)
    return {}


@app.route("/b", methods=["POST"])
def b():
    # ruleid: python.code-injection
    exec(request.data)
    # ok: python.code-injection
    json.loads(request.data)
    # ruleid: python.code-injection
    exec(request.get_json()["code"], {})
    # ok: python.code-injection
    exec("x = 1", {"value": request.get_json()["code"]})
    return {}


@app.route("/c/<formula>")
def c(formula):
    # ruleid: python.code-injection
    eval("2 * (" + formula + ")")
    # ok: python.code-injection
    eval("2 * (" + str(float(formula)) + ")")
    # ruleid: python.code-injection
    eval(f"lambda x: {formula}")
    return {}


@app.route("/d/<int:number>")
def d(number):
    # ok: python.code-injection
    eval("2 * %d" % number)
    return {}


@app.route("/e")
def e():
    sign = request.args["sign"]
    # ok: python.code-injection
    OPERATIONS[sign](1, 2)
    # ruleid: python.code-injection
    eval("1 " + sign + " 2")
    if sign in ("+", "-"):
        # ok: python.code-injection
        eval("1 " + sign + " 2")
    return {}


@app.route("/f")
def f():
    name = request.args["plugin"]
    # ruleid: python.code-injection
    importlib.import_module("plugins." + name)
    if name not in PLUGINS:
        abort(400)
    # ok: python.code-injection
    importlib.import_module("plugins." + name)
    return {}


@app.route("/g")
def g():
    # ruleid: python.code-injection
    __import__(request.args["module"])
    # ok: python.code-injection
    __import__("json")
    # ruleid: python.code-injection
    compile(request.args["source"], "x", "exec")
    # ok: python.code-injection
    compile("x = 1", "x", "exec")
    return {}


@app.route("/h")
def h():
    # ruleid: python.code-injection
    builtins.eval(request.cookies["filter"])
    # ok: python.code-injection
    builtins.eval("True")
    # ruleid: python.code-injection
    pd.eval(request.args["expression"])
    # ok: python.code-injection
    pd.eval("a + b")
    # ruleid: python.code-injection
    frame.eval("c = " + request.args["expression"])
    # ok: python.code-injection
    frame.eval("c = a + b")
    return {}


@app.route("/i")
def i():
    # ruleid: python.code-injection
    numexpr.evaluate(request.args["expression"])
    # ok: python.code-injection
    numexpr.evaluate("a + b")
    return {}


def calculate(expression):
    # ruleid: python.code-injection
    return eval(expression)


@app.route("/j")
def j():
    calculate(request.args["expression"])
    return {}


def calculate_well(expression):
    # ok: python.code-injection
    return eval(expression)


@app.route("/k")
def k():
    calculate_well("1 + 1")
    calculate_well(str(int(request.args["n"])) + " + 1")
    return {}


class Rule:
    def __init__(self, condition):
        self.condition = condition
        self.name = "rule"

    def check(self, row):
        # ruleid: python.code-injection
        return eval(self.condition, {}, row)

    def label(self):
        # ok: python.code-injection
        return eval(repr(self.name))


@app.route("/l")
def l():
    rule = Rule(request.args["condition"])
    rule.check({})
    rule.label()
    return {}


def django_view(request):
    # ruleid: python.code-injection
    eval(request.GET.get("q"))
    # ok: python.code-injection
    eval("[]")
    # ruleid: python.code-injection
    exec(request.body.decode())
    return JsonResponse({})


class Calculator(View):
    def post(self, request):
        values = request.POST
        # ruleid: python.code-injection
        result = eval(values["left"] + values["sign"] + values["right"])
        # ok: python.code-injection
        result = OPERATIONS[values["sign"]](int(values["left"]), int(values["right"]))
        return JsonResponse({"result": result})


@router.get("/m")
async def m(expression: str):
    # ruleid: python.code-injection
    result = eval(expression)
    return {"result": result}


@router.get("/n")
async def n(number: int):
    # ok: python.code-injection
    return eval(f"{number} + 1")


@router.post("/o")
async def o(request: Request):
    body = await request.json()
    # ruleid: python.code-injection
    exec(body["script"])
    # ok: python.code-injection
    exec("pass")
    form = await request.form()
    # ruleid: python.code-injection
    eval(form["expression"])
    # ok: python.code-injection
    eval(str(len(form["expression"])))


class Handler(RequestHandler):
    def post(self):
        # ruleid: python.code-injection
        eval(self.get_body_argument("expression"))
        # ok: python.code-injection
        ast.literal_eval(self.get_body_argument("expression"))


def lambda_handler(event, context):
    # ruleid: python.code-injection
    eval(event["expression"])
    # ok: python.code-injection
    eval("event")
    # ok: python.code-injection
    json.loads(event["expression"])


@app.route("/p")
def p():
    source = "1"
    if request.args.get("advanced"):
        source = request.args["source"]
    # ruleid: python.code-injection
    eval(source)
    source = "2"
    # ok: python.code-injection
    eval(source)
    return {}


@app.route("/q")
def q():
    parts = {"head": "1", "tail": request.args["tail"]}
    # ok: python.code-injection
    eval(parts["head"])
    # ruleid: python.code-injection
    eval(parts["tail"])
    # ruleid: python.code-injection
    eval(" + ".join([parts["head"], parts["tail"]]))
    return {}


@app.route("/r")
def r():
    text = request.args["text"]
    if not text.isdigit():
        return {}
    # ok: python.code-injection
    eval(text)
    return {}


@app.route("/s")
def s():
    run = eval
    # ruleid: python.code-injection
    run(request.args["text"])
    # ok: python.code-injection
    run("1")
    return {}


class Sheet:
    def eval(self, text):
        return text


@app.route("/t")
def t():
    values = [request.args["a"], "1 + 1"]
    # ok: python.code-injection
    eval(values[1])
    # ruleid: python.code-injection
    eval(values[0])
    return {}
