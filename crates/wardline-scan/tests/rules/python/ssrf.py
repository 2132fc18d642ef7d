# Requests to where the request says, and to where the program says.
import asyncio
import http.client
import urllib.request
from urllib.parse import quote, urlencode, urlparse

import aiohttp
import httpx
import requests
import urllib3
from aiohttp import web
from django.http import JsonResponse
from fastapi import APIRouter, HTTPException
from flask import Flask, request

app = Flask(__name__)
router = APIRouter()
routes = web.RouteTableDef()
pool = urllib3.PoolManager()
FEEDS = {"news": "https://news.example/feed", "blog": "https://blog.example/feed"}
HOSTS = {"api.example", "cdn.example"}
API = "https://api.example/v1"


@app.route("/preview")
def preview():
    # ruleid: python.ssrf
    return requests.get(request.args["url"], timeout=3).text


@app.route("/feed")
def feed():
    # ok: python.ssrf
    return requests.get(FEEDS[request.args["name"]], timeout=3).text


@app.post("/hook")
def hook():
    target = request.json["callback"]
    # ruleid: python.ssrf
    requests.post(target, json={"done": True}, timeout=3)
    # ok: python.ssrf
    requests.post("https://hooks.example/done", json={"to": target}, timeout=3)
    return {}


@app.post("/any")
def any_method():
    # ruleid: python.ssrf
    requests.request("PUT", request.form["to"], timeout=3)
    # ok: python.ssrf
    requests.request("PUT", API, data=request.form["to"], timeout=3)
    return {}


@app.route("/named")
def named():
    # ruleid: python.ssrf
    requests.get(url=request.args.get("u"), timeout=3)
    # ok: python.ssrf
    requests.get(url=API, params={"u": request.args.get("u")}, timeout=3)
    return {}


@app.route("/host")
def by_host():
    host = request.args.get("host", "localhost")
    # ruleid: python.ssrf
    requests.get(f"http://{host}/status", timeout=3)
    # ruleid: python.ssrf
    requests.head("http://" + host, timeout=3)
    # ruleid: python.ssrf
    requests.get("http://%s:9000/" % host, timeout=3)
    # ok: python.ssrf
    requests.get("http://status.example/", headers={"x-host": host}, timeout=3)
    return {}


@app.route("/checked")
def checked():
    url = request.args["url"]
    if urlparse(url).hostname not in HOSTS:
        return {}, 400
    # ok: python.ssrf
    return requests.get(url, timeout=3).text


@app.route("/checked-too")
def checked_too():
    url = request.args["url"]
    if url not in FEEDS.values():
        return {}, 400
    # ok: python.ssrf
    return requests.get(url, timeout=3).text


@app.route("/numbered")
def numbered():
    # ok: python.ssrf
    return requests.get(API + "/items/" + str(int(request.args["id"])), timeout=3).text


@app.route("/session")
def in_session():
    session = requests.Session()
    # ruleid: python.ssrf
    session.get(request.args["url"])
    # ok: python.ssrf
    session.get(API, params=request.args)
    with requests.Session() as other:
        # ruleid: python.ssrf
        other.post(request.args["url"], data={})
        # ok: python.ssrf
        other.post(API, data=request.args)
    return {}


@app.route("/library")
def library():
    # ruleid: python.ssrf
    urllib.request.urlopen(request.args["url"])
    # ok: python.ssrf
    urllib.request.urlopen(API)
    # ruleid: python.ssrf
    made = urllib.request.Request(request.args["url"], headers={"a": "b"})
    # ok: python.ssrf
    made = urllib.request.Request(API + "?" + "a=b", headers={"a": request.args["h"]})
    # ruleid: python.ssrf
    urllib.request.urlretrieve(request.args["url"], "/tmp/x")
    # ok: python.ssrf
    urllib.request.urlretrieve(FEEDS["news"], "/tmp/x")
    return {"made": str(made)}


@app.route("/connection")
def connection():
    # ruleid: python.ssrf
    raw = http.client.HTTPSConnection(request.args["host"], timeout=3)
    # ok: python.ssrf
    raw = http.client.HTTPSConnection("api.example", timeout=3)
    # ruleid: python.ssrf
    pool.request("GET", request.args["url"])
    # ok: python.ssrf
    pool.request("GET", API, fields={"q": request.args["q"]})
    return {"raw": str(raw)}


def search(request):
    # ruleid: python.ssrf
    answer = httpx.get(request.GET["endpoint"])
    # ok: python.ssrf
    answer = httpx.get(API, params={"q": request.GET["endpoint"]})
    return JsonResponse(answer.json())


@router.get("/proxy")
async def proxy(url: str):
    async with httpx.AsyncClient() as client:
        # ruleid: python.ssrf
        answer = await client.get(url)
        # ok: python.ssrf
        answer = await client.get(API, params={"url": url})
    return {"status": answer.status_code}


@router.post("/import")
async def import_from(source: str):
    client = httpx.AsyncClient(timeout=5)
    # ruleid: python.ssrf
    answer = await client.post(source, json={})
    # ok: python.ssrf
    answer = await client.post(API, json={"source": source})
    return {"status": answer.status_code}


@router.get("/avatar")
async def avatar(address: str):
    if urlparse(address).netloc not in HOSTS:
        raise HTTPException(400)
    async with httpx.AsyncClient() as client:
        # ok: python.ssrf
        return (await client.get(address)).content


@routes.get("/fetch")
async def fetch(request):
    async with aiohttp.ClientSession() as session:
        # ruleid: python.ssrf
        async with session.get(request.query["url"]) as answer:
            text = await answer.text()
        # ok: python.ssrf
        async with session.get(API, params=request.query) as answer:
            text += await answer.text()
    return web.Response(text=text)


@routes.post("/relay")
async def relay(request):
    data = await request.json()
    async with aiohttp.ClientSession() as session:
        # ruleid: python.ssrf
        await session.post(data["to"], json=data)
        # ok: python.ssrf
        await session.post(FEEDS["blog"], json=data)
    return web.Response()


class Fetcher:
    def __init__(self):
        self.session = requests.Session()

    def load(self, url):
        # ruleid: python.ssrf
        return self.session.get(url).text


@app.route("/class")
def through_a_class():
    return Fetcher().load(request.args["url"])


def download(url):
    # ruleid: python.ssrf
    return requests.get(url, timeout=3).content


def download_known(name):
    # ok: python.ssrf
    return requests.get(FEEDS.get(name, FEEDS["news"]), timeout=3).content


@app.route("/helper")
def through_a_helper():
    return download(request.args["url"]) + download_known(request.args["name"])


@app.route("/many")
def many():
    for url in request.json["urls"]:
        # ruleid: python.ssrf
        requests.get(url, timeout=3)
    for name in ("news", "blog"):
        # ok: python.ssrf
        requests.get(FEEDS[name], timeout=3)
    return {}


@app.route("/stream")
def stream():
    # ruleid: python.ssrf
    with httpx.stream("GET", request.args["url"]) as answer:
        return {"length": len(answer.read())}


@app.route("/stream-known")
def stream_known():
    # ok: python.ssrf
    with httpx.stream("GET", API) as answer:
        return answer.read()
