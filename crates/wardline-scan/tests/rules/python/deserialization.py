# Objects made of bytes: of the request, and of the program's own.
import base64
import hmac
import json
import marshal
import pickle
import shelve
import zlib
from io import BytesIO

import cloudpickle
import dill
import joblib
import jsonpickle
import numpy
import pandas
import torch
import yaml
from aiohttp import web
from django.http import JsonResponse
from fastapi import APIRouter, Request, UploadFile
from flask import Flask, request, session

app = Flask(__name__)
router = APIRouter()
routes = web.RouteTableDef()
KEY = b"from the environment"


@app.post("/state")
def state():
    # ruleid: python.unsafe-deserialization
    pickle.loads(request.get_data())
    # ok: python.unsafe-deserialization
    json.loads(request.get_data())
    # ruleid: python.unsafe-deserialization
    pickle.loads(base64.b64decode(request.form["state"]))
    # ok: python.unsafe-deserialization
    json.loads(base64.b64decode(request.form["state"]))
    # ruleid: python.unsafe-deserialization
    pickle.load(request.files["state"].stream)
    # ok: python.unsafe-deserialization
    json.load(request.files["state"].stream)
    return {}


@app.post("/packed")
def packed():
    data = zlib.decompress(request.data)
    # ruleid: python.unsafe-deserialization
    value = pickle.loads(data)
    # ok: python.unsafe-deserialization
    value = json.loads(data)
    # ruleid: python.unsafe-deserialization
    other = pickle.load(BytesIO(data))
    # ok: python.unsafe-deserialization
    other = json.load(BytesIO(data))
    return {"value": str(value), "other": str(other)}


@app.post("/signed")
def signed():
    mark, data = request.headers["x-mark"], request.data
    if not hmac.compare_digest(mark, hmac.new(KEY, data, "sha256").hexdigest()):
        return {}, 403
    # ok: python.unsafe-deserialization
    return {"value": str(pickle.loads(data))}


@app.post("/cookie")
def cookie():
    # ruleid: python.unsafe-deserialization
    cart = pickle.loads(base64.urlsafe_b64decode(request.cookies.get("cart", "")))
    # ok: python.unsafe-deserialization
    cart = session.get("cart", [])
    return {"cart": str(cart)}


@app.post("/kinds")
def kinds():
    # ruleid: python.unsafe-deserialization
    dill.loads(request.data)
    # ruleid: python.unsafe-deserialization
    cloudpickle.loads(request.data)
    # ruleid: python.unsafe-deserialization
    jsonpickle.decode(request.data)
    # ruleid: python.unsafe-deserialization
    marshal.loads(request.data)
    # ruleid: python.unsafe-deserialization
    joblib.load(BytesIO(request.data))
    # ruleid: python.unsafe-deserialization
    torch.load(BytesIO(request.data))
    # ruleid: python.unsafe-deserialization
    pandas.read_pickle(BytesIO(request.data))
    # ruleid: python.unsafe-deserialization
    numpy.load(BytesIO(request.data), allow_pickle=True)
    # ok: python.unsafe-deserialization
    dill.loads(KEY)
    # ok: python.unsafe-deserialization
    cloudpickle.loads(open("/srv/state.bin", "rb").read() if False else b"")
    # ok: python.unsafe-deserialization
    jsonpickle.encode(request.data)
    # ok: python.unsafe-deserialization
    marshal.dumps(request.data)
    # ok: python.unsafe-deserialization
    joblib.load("/srv/model.bin")
    # ok: python.unsafe-deserialization
    torch.load("/srv/model.pt")
    # ok: python.unsafe-deserialization
    pandas.read_csv(BytesIO(request.data))
    # ok: python.unsafe-deserialization
    numpy.load(BytesIO(request.data), allow_pickle=False)
    return {}


@app.post("/settings")
def settings():
    # ruleid: python.unsafe-deserialization, python.yaml-unsafe-load
    yaml.unsafe_load(request.data)
    # ok: python.unsafe-deserialization
    yaml.safe_load(request.data)
    # ok: python.unsafe-deserialization
    yaml.load(request.data, Loader=yaml.SafeLoader)
    # ruleid: python.unsafe-deserialization
    yaml.full_load(request.data)
    # ok: python.unsafe-deserialization
    yaml.safe_load_all(request.data)
    return {}


def restore(request):
    # ruleid: python.unsafe-deserialization
    value = pickle.loads(request.body)
    # ok: python.unsafe-deserialization
    value = json.loads(request.body)
    # ruleid: python.unsafe-deserialization
    upload = pickle.load(request.FILES["state"])
    # ok: python.unsafe-deserialization
    upload = request.FILES["state"].read()
    return JsonResponse({"value": str(value), "upload": str(upload)})


@router.post("/restore")
async def restore_upload(file: UploadFile):
    data = await file.read()
    # ruleid: python.unsafe-deserialization
    value = pickle.loads(data)
    # ok: python.unsafe-deserialization
    value = json.loads(data)
    return {"value": str(value)}


@router.post("/restore-body")
async def restore_body(incoming: Request):
    # ruleid: python.unsafe-deserialization
    value = pickle.loads(await incoming.body())
    # ok: python.unsafe-deserialization
    value = await incoming.json()
    return {"value": str(value)}


@routes.post("/restore")
async def restore_here(request):
    # ruleid: python.unsafe-deserialization
    value = pickle.loads(await request.read())
    # ok: python.unsafe-deserialization
    value = await request.json()
    return web.json_response({"value": str(value)})


@app.post("/shelf")
def shelf():
    # ruleid: python.unsafe-deserialization
    with shelve.open(request.form["name"]) as found:
        keys = list(found)
    # ok: python.unsafe-deserialization
    with shelve.open("/srv/shelf") as found:
        keys += list(found)
    return {"keys": keys}


class Store:
    def read(self, data):
        # ruleid: python.unsafe-deserialization
        return pickle.loads(data)

    def read_own(self):
        # ok: python.unsafe-deserialization
        return pickle.loads(KEY)


@app.post("/store")
def through_a_class():
    store = Store()
    return {"value": str(store.read(request.data)), "own": str(store.read_own())}


@app.post("/unpickler")
def unpickler():
    # ruleid: python.unsafe-deserialization
    return {"value": str(pickle.Unpickler(BytesIO(request.data)).load())}
