import ast
import asyncio
import importlib
import json
import operator
import os
import shlex
import subprocess
import sys
from subprocess import PIPE, Popen

import paramiko
from django.http import HttpResponse
from django.views import View
from fastapi import APIRouter
from flask import Flask, abort, request
from pydantic import BaseModel
from tornado.web import RequestHandler

app = Flask(__name__)
router = APIRouter()
COMMANDS = {"date": "date", "uptime": "uptime -p"}
OPERATIONS = {"+": operator.add, "-": operator.sub}


@app.route("/a")
def system():
    host = request.args["host"]
    # ruleid: python.command-injection
    os.system("ping -c 1 " + host)
    # ok: python.command-injection
    os.system("ping -c 1 " + shlex.quote(host))
    # ok: python.command-injection
    os.system("uptime")
    return {}


@app.route("/b")
def shell():
    name = request.form["name"]
    # ruleid: python.command-injection
    subprocess.run(f"convert {name} out.png", shell=True, check=True)
    # ok: python.command-injection
    subprocess.run(["convert", "--", name, "out.png"], check=True)
    # ruleid: python.command-injection
    subprocess.check_output("ls %s" % name, shell=True)
    # ok: python.command-injection
    subprocess.check_output(["ls", name])
    # ruleid: python.command-injection
    Popen("cat " + name, stdout=PIPE, shell=True)
    # ok: python.command-injection
    Popen(["cat", name], stdout=PIPE)
    return {}


@app.route("/c")
def popen():
    # ruleid: python.command-injection
    os.popen("whois " + request.args["domain"]).read()
    # ok: python.command-injection
    os.popen("whois example.org").read()
    # ruleid: python.command-injection
    subprocess.getoutput("dig " + request.args["domain"])
    # ok: python.command-injection
    subprocess.getoutput("dig example.org")
    return {}


@app.route("/d/<branch>")
def with_sh(branch):
    # ruleid: python.command-injection
    subprocess.run(["sh", "-c", "git checkout " + branch])
    # ok: python.command-injection
    subprocess.run(["sh", "-c", "git checkout \"$1\"", "sh", branch])
    # ruleid: python.command-injection
    subprocess.call(["/bin/bash", "-c", f"git log {branch}"])
    # ok: python.command-injection
    subprocess.call(["git", "log", "--", branch])
    return {}


@app.route("/e")
def collected():
    arguments = ["sh", "-c"]
    arguments.append("echo " + request.args["text"])
    # ruleid: python.command-injection
    subprocess.run(arguments)
    return {}


@app.route("/e2")
def collected_well():
    arguments = ["echo"]
    arguments.append(request.args["text"])
    # ok: python.command-injection
    subprocess.run(arguments)
    return {}


@app.route("/f")
def number():
    count = int(request.args["count"])
    # ok: python.command-injection
    os.system("ping -c %d localhost" % count)
    # ok: python.command-injection
    subprocess.run(f"head -n {count} log.txt", shell=True)
    return {}


@app.route("/g")
def table():
    # ok: python.command-injection
    os.system(COMMANDS[request.args["command"]])
    name = request.args["command"]
    if name not in COMMANDS:
        abort(404)
    # ok: python.command-injection
    os.system("systemctl status " + name)
    return {}


@app.route("/h")
def program():
    # ruleid: python.command-injection
    subprocess.run([request.args["tool"], "--version"])
    # ok: python.command-injection
    subprocess.run(["tool", "--version", request.args["tool"]])
    # ruleid: python.command-injection
    os.execvp(request.args["tool"], ["tool"])
    return {}


def run(command):
    # ruleid: python.command-injection
    return subprocess.check_output(command, shell=True)


@app.route("/i")
def through_a_function():
    run("nslookup " + request.args["host"])
    return {}


def run_well(arguments):
    # ok: python.command-injection
    return subprocess.check_output(arguments)


@app.route("/j")
def through_a_good_function():
    run_well(["nslookup", request.args["host"]])
    return {}


@app.route("/k")
def remote():
    client = paramiko.SSHClient()
    # ruleid: python.command-injection
    client.exec_command("tail -n 5 " + request.args["file"])
    # ok: python.command-injection
    client.exec_command("tail -n 5 " + shlex.quote(request.args["file"]))
    return {}


class Deploy(View):
    def post(self, request):
        # ruleid: python.command-injection
        os.system("git pull origin " + request.POST["branch"])
        # ok: python.command-injection
        subprocess.run(["git", "pull", "origin", request.POST["branch"]])
        # ruleid: python.command-injection
        subprocess.run("git tag " + request.GET["tag"], shell=True)
        return HttpResponse(status=204)


class Job(BaseModel):
    command: str
    count: int


@router.post("/jobs")
async def job(job: Job):
    # ruleid: python.command-injection
    await asyncio.create_subprocess_shell("worker " + job.command)
    # ok: python.command-injection
    await asyncio.create_subprocess_exec("worker", job.command)


@router.get("/convert")
async def convert(source: str, width: int):
    # ruleid: python.command-injection
    subprocess.run(f"ffmpeg -i {source} out.mp4", shell=True)
    # ok: python.command-injection
    subprocess.run(f"ffmpeg -i in.mp4 -vf scale={width}:-1 out.mp4", shell=True)


class Handler(RequestHandler):
    def get(self):
        # ruleid: python.command-injection
        os.system("grep " + self.get_argument("q") + " log.txt")
        # ok: python.command-injection
        subprocess.run(["grep", "-e", self.get_argument("q"), "log.txt"])


def handler(event, context):
    # ruleid: python.command-injection
    os.system("aws s3 ls " + event["bucket"])
    # ok: python.command-injection
    subprocess.run(["aws", "s3", "ls", event["bucket"]])
    # ruleid: python.command-injection
    subprocess.Popen(f"aws s3 rm {event['key']}", shell=True)


@app.route("/l")
def in_parts():
    command = "zip -r out.zip"
    for name in request.args.getlist("name"):
        command += " " + name
    # ruleid: python.command-injection
    os.system(command)
    quoted = "zip -r out.zip"
    for name in request.args.getlist("name"):
        quoted += " " + shlex.quote(name)
    # ok: python.command-injection
    os.system(quoted)
    return {}


@app.route("/m")
def alias():
    execute = os.system
    # ruleid: python.command-injection
    execute("ls " + request.args["dir"])
    # ruleid: python.command-injection
    getattr(os, "system")("ls " + request.args["dir"])
    # ruleid: python.command-injection
    __import__("os").system("ls " + request.args["dir"])
    return {}


@app.route("/m2", methods=["POST"])
def from_json():
    options = request.get_json()
    # ruleid: python.command-injection
    subprocess.check_call("tar czf out.tgz " + options["folder"], shell=True)
    # ok: python.command-injection
    subprocess.check_call(["tar", "czf", "out.tgz", "--", options["folder"]])
    # ruleid: python.command-injection
    os.system(" ".join(["tar", "xzf", options["archive"]]))
    # ok: python.command-injection
    os.system(" ".join(["tar", "xzf", "archive.tgz"]))
    # ok: python.command-injection
    os.system("nice -n %d make" % int(options["nice"]))
    return {}


@app.route("/n")
def evaluate():
    expression = request.args["expression"]
    # ruleid: python.code-injection
    eval(expression)
    # ok: python.code-injection
    ast.literal_eval(expression)
    # ruleid: python.code-injection
    exec("result = " + expression)
    # ok: python.code-injection
    exec("result = 1")
    # ruleid: python.code-injection
    eval(compile(expression, "x", "eval"))
    # ok: python.code-injection
    json.loads(expression)
    return {}
