import io
import os
import shutil
import zipfile
from pathlib import Path
from uuid import UUID

import aiofiles
from django.http import FileResponse, HttpResponse
from django.utils._os import safe_join
from fastapi import APIRouter, UploadFile
from fastapi.responses import FileResponse as ApiFile
from flask import Flask, abort, request, send_file, send_from_directory
from tornado.web import RequestHandler
from werkzeug.utils import secure_filename

app = Flask(__name__)
router = APIRouter()
BASE = "/srv/files"
ROOT = Path("/srv/files")
REPORTS = {"daily": "daily.csv", "weekly": "weekly.csv"}


@app.route("/a")
def opened():
    name = request.args["name"]
    # ruleid: python.path-traversal
    open("/srv/files/" + name)
    # ok: python.path-traversal
    open("/srv/files/" + secure_filename(name))
    # ok: python.path-traversal
    open("/srv/files/" + os.path.basename(name))
    # ok: python.path-traversal
    open("/srv/files/index.html")
    return {}


@app.route("/b/<path:name>")
def joined(name):
    # ruleid: python.path-traversal
    open(os.path.join(BASE, name), "rb")
    # ok: python.path-traversal
    send_from_directory(BASE, name)
    # ruleid: python.path-traversal
    return send_file(os.path.join(BASE, name))


@app.route("/c/<int:number>")
def numbered(number):
    # ok: python.path-traversal
    return send_file(f"/srv/files/{number}.pdf")


@app.route("/d/<uuid:key>")
def keyed(key):
    # ok: python.path-traversal
    return send_file(f"/srv/files/{key}.pdf")


@app.route("/e")
def normalised_only():
    path = os.path.normpath(os.path.join(BASE, request.args["name"]))
    # ruleid: python.path-traversal
    open(path)
    return {}


@app.route("/f")
def resolved():
    path = os.path.realpath(os.path.join(BASE, request.args["name"]))
    if not path.startswith(BASE + os.sep):
        abort(403)
    # ok: python.path-traversal
    open(path)
    return {}


@app.route("/g")
def relative():
    path = (ROOT / request.args["name"]).resolve()
    # ruleid: python.path-traversal
    path.read_text()
    if not path.is_relative_to(ROOT):
        abort(403)
    # ok: python.path-traversal
    path.read_text()
    return {}


@app.route("/h")
def paths():
    name = request.args["name"]
    # ruleid: python.path-traversal
    Path("/srv/files", name).read_bytes()
    # ruleid: python.path-traversal
    (ROOT / name).unlink()
    # ok: python.path-traversal
    (ROOT / Path(name).name).unlink()
    # ok: python.path-traversal
    (ROOT / "a").unlink()
    # ruleid: python.path-traversal
    Path(BASE + "/" + name).write_text("x")
    return {}


@app.route("/i")
def mapped():
    # ok: python.path-traversal
    open(os.path.join(BASE, REPORTS[request.args["report"]]))
    report = request.args["report"]
    if report not in ("daily", "weekly"):
        abort(404)
    # ok: python.path-traversal
    open(f"/srv/files/{report}.csv")
    return {}


@app.route("/j", methods=["POST"])
def uploaded():
    file = request.files["file"]
    # ruleid: python.path-traversal
    file.save(os.path.join(BASE, file.filename))
    # ok: python.path-traversal
    file.save(os.path.join(BASE, secure_filename(file.filename)))
    # ok: python.path-traversal
    file.save("/srv/files/upload.bin")
    return {}


@app.route("/k")
def managed():
    name = request.form["name"]
    # ruleid: python.path-traversal
    os.remove(BASE + "/" + name)
    # ok: python.path-traversal
    os.remove(BASE + "/" + os.path.basename(name))
    # ruleid: python.path-traversal
    os.makedirs(os.path.join(BASE, name))
    # ok: python.path-traversal
    os.makedirs(os.path.join(BASE, secure_filename(name)))
    # ruleid: python.path-traversal
    shutil.rmtree(f"{BASE}/{name}")
    # ok: python.path-traversal
    shutil.rmtree(BASE)
    # ruleid: python.path-traversal
    shutil.copy("template.txt", f"{BASE}/{name}")
    # ok: python.path-traversal
    shutil.copy("template.txt", f"{BASE}/copy.txt")
    # ruleid: python.path-traversal
    os.listdir(os.path.join(BASE, name))
    # ok: python.path-traversal
    os.listdir(BASE)
    return {}


def load(name):
    # ruleid: python.path-traversal
    with open(os.path.join(BASE, name)) as file:
        return file.read()


@app.route("/l")
def through_a_function():
    return {"text": load(request.args["name"])}


def load_well(name):
    # ok: python.path-traversal
    with open(os.path.join(BASE, os.path.basename(name))) as file:
        return file.read()


@app.route("/m")
def through_a_good_function():
    return {"text": load_well(request.args["name"])}


@app.route("/n")
def archives():
    # ruleid: python.path-traversal
    zipfile.ZipFile(BASE + "/" + request.args["archive"])
    # ok: python.path-traversal
    zipfile.ZipFile(BASE + "/all.zip")
    # ruleid: python.path-traversal
    io.open(BASE + "/" + request.args["archive"])
    return {}


def download(request, name):
    path = request.GET["path"]
    # ruleid: python.path-traversal
    first = FileResponse(open("/srv/files/" + path, "rb"))
    # ok: python.path-traversal
    second = FileResponse(open(safe_join(BASE, path), "rb"))
    return [first, second]


def upload(request):
    # ruleid: python.path-traversal
    with open(f"/srv/files/{request.POST['name']}", "wb") as target:
        target.write(request.body)
    # ok: python.path-traversal
    with open("/srv/files/upload", "wb") as target:
        target.write(request.body)
    return HttpResponse(status=204)


@router.get("/files/{name:path}")
async def get_file(name: str):
    # ruleid: python.path-traversal
    return ApiFile("/srv/files/" + name)


@router.get("/files/{key}")
async def get_by_key(key: UUID):
    # ok: python.path-traversal
    return ApiFile(f"/srv/files/{key}")


@router.get("/number/{number}")
async def get_by_number(number: int):
    # ok: python.path-traversal
    return ApiFile(f"/srv/files/{number}")


@router.get("/text")
async def get_text(name: str):
    # ruleid: python.path-traversal
    async with aiofiles.open(f"/srv/files/{name}") as file:
        return {"text": await file.read()}


@router.post("/upload")
async def store(file: UploadFile):
    # ruleid: python.path-traversal
    with open(f"/srv/files/{file.filename}", "wb") as target:
        target.write(await file.read())
    # ok: python.path-traversal
    with open(f"/srv/files/{Path(file.filename).name}", "wb") as target:
        target.write(await file.read())


class Handler(RequestHandler):
    def get(self):
        # ruleid: python.path-traversal
        open("/srv/files/" + self.get_argument("name"))
        # ok: python.path-traversal
        open("/srv/files/" + os.path.basename(self.get_argument("name")))


def lambda_handler(event, context):
    # ruleid: python.path-traversal
    open("/tmp/" + event["name"])
    # ok: python.path-traversal
    open("/tmp/name")


@app.route("/o")
def no_way_up():
    name = request.args["name"]
    if ".." in name:
        abort(400)
    # ok: python.path-traversal
    open(f"/srv/files/{name}")
    return {}


@app.route("/p")
def no_way_up_but_absolute():
    name = request.args["name"]
    if ".." in name:
        abort(400)
    # ruleid: python.path-traversal
    open(os.path.join(BASE, name))
    return {}
