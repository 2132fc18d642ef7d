from urllib.parse import quote, urlparse

from aiohttp import web
from django.http import HttpResponseRedirect
from django.shortcuts import redirect as django_redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from flask import Flask, abort, make_response, redirect, request, url_for
from tornado.web import RequestHandler

app = Flask(__name__)
router = APIRouter()
PAGES = {"home": "/", "help": "/help"}
HOSTS = {"example.org"}


@app.route("/a")
def to_parameter():
    # ruleid: python.open-redirect
    return redirect(request.args["next"])


@app.route("/a2")
def to_name():
    # ok: python.open-redirect
    return redirect(url_for("home"))


@app.route("/a3")
def to_name_with_parameter():
    # ok: python.open-redirect
    return redirect(url_for("item", name=request.args["name"]))


@app.route("/b")
def with_default():
    target = request.args.get("next") or "/"
    # ruleid: python.open-redirect
    return redirect(target)


@app.route("/b2")
def mapped():
    # ok: python.open-redirect
    return redirect(PAGES.get(request.args.get("page"), "/"))


@app.route("/c")
def prefixed():
    # ok: python.open-redirect
    return redirect("/items/" + request.args["name"])


@app.route("/c2")
def prefixed_by_host():
    # ok: python.open-redirect
    return redirect(f"https://example.org/{request.args['name']}")


@app.route("/c3")
def prefixed_badly():
    # ruleid: python.open-redirect
    return redirect("https://" + request.args["host"])


@app.route("/c4")
def prefixed_by_part_of_host():
    # ruleid: python.open-redirect
    return redirect("https://example.org" + request.args["rest"])


@app.route("/d")
def checked():
    target = request.args["next"]
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=HOSTS):
        abort(400)
    # ok: python.open-redirect
    return redirect(target)


@app.route("/d2")
def not_checked_on_all_ways():
    target = request.args["next"]
    if request.args.get("force") or url_has_allowed_host_and_scheme(target, allowed_hosts=HOSTS):
        # ruleid: python.open-redirect
        return redirect(target)
    # ok: python.open-redirect
    return redirect("/")


@app.route("/d3")
def listed():
    target = request.args["next"]
    if target not in ("/", "/help"):
        target = "/"
    # ok: python.open-redirect
    return redirect(target)


def is_safe_url(target):
    return urlparse(target).netloc in HOSTS


@app.route("/d4")
def checked_by_own_function():
    target = request.args["next"]
    if is_safe_url(target):
        # ok: python.open-redirect
        return redirect(target)
    # ok: python.open-redirect
    return redirect("/")


@app.route("/e")
def in_header():
    response = make_response("", 302)
    # ruleid: python.open-redirect
    response.headers["Location"] = request.args["url"]
    return response


@app.route("/e2")
def in_header_fixed():
    response = make_response("", 302)
    # ok: python.open-redirect
    response.headers["Location"] = "/help"
    return response


@app.route("/f")
def back():
    # ruleid: python.open-redirect
    return redirect(request.referrer)


@app.route("/f2")
def back_by_header():
    # ruleid: python.open-redirect
    return redirect(request.headers.get("Referer", "/"))


@app.route("/g", methods=["POST"])
def after_login():
    form = request.form
    # ruleid: python.open-redirect
    return redirect(form.get("next", "/"), code=303)


@app.route("/h/<path:target>")
def from_route(target):
    # ruleid: python.open-redirect
    return redirect(target)


@app.route("/h2/<int:number>")
def number_from_route(number):
    # ok: python.open-redirect
    return redirect("https://host-%d.example.org/" % number)


@app.route("/i")
def quoted():
    # ok: python.open-redirect
    return redirect("/search?q=" + quote(request.args["q"]))


def to(target):
    # ruleid: python.open-redirect
    return redirect(target)


@app.route("/j")
def through_a_function():
    return to(request.args["next"])


def to_fixed(target):
    # ok: python.open-redirect
    return redirect(target)


@app.route("/j2")
def through_a_function_fixed():
    return to_fixed("/")


def login(request):
    target = request.GET.get("next", "/")
    # ruleid: python.open-redirect
    return HttpResponseRedirect(target)


def login_checked(request):
    target = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    # ok: python.open-redirect
    return HttpResponseRedirect(target)


def shortcut(request):
    # ruleid: python.open-redirect
    return django_redirect(request.POST["next"])


def shortcut_named(request):
    # ok: python.open-redirect
    return django_redirect("home")


def shortcut_reversed(request):
    # ok: python.open-redirect
    return HttpResponseRedirect(reverse("item", args=[request.POST["name"]]))


class Leave(View):
    def get(self, request):
        # ruleid: python.open-redirect
        return HttpResponseRedirect(request.META.get("HTTP_REFERER"))

    def post(self, request):
        # ok: python.open-redirect
        return HttpResponseRedirect("/bye")


@router.get("/k")
async def api(url: str):
    # ruleid: python.open-redirect
    return RedirectResponse(url)


@router.get("/k2")
async def api_fixed(number: int):
    # ok: python.open-redirect
    return RedirectResponse(url=f"/items/{number}")


@router.get("/k3")
async def api_from_request(request: Request):
    # ruleid: python.open-redirect
    return RedirectResponse(url=request.query_params["url"], status_code=303)


@router.get("/k4")
async def api_named(request: Request):
    # ok: python.open-redirect
    return RedirectResponse(request.url_for("home"))


@router.post("/k5")
async def api_form(request: Request):
    form = await request.form()
    # ruleid: python.open-redirect
    return RedirectResponse(form["next"])


async def handle(request):
    # ruleid: python.open-redirect
    raise web.HTTPFound(request.query["next"])


async def handle_fixed(request):
    # ok: python.open-redirect
    raise web.HTTPFound("/")


async def handle_location(request):
    # ruleid: python.open-redirect
    raise web.HTTPFound(location=request.query["next"])


class Handler(RequestHandler):
    def get(self):
        # ruleid: python.open-redirect
        self.redirect(self.get_argument("next"))

    def post(self):
        # ok: python.open-redirect
        self.redirect("/")


@app.route("/l")
def two_ways():
    target = "/"
    if request.args.get("next"):
        target = request.args["next"]
    # ruleid: python.open-redirect
    return redirect(target)


@app.route("/m")
def by_host():
    target = request.args["next"]
    if urlparse(target).netloc != "example.org":
        abort(400)
    # ok: python.open-redirect
    return redirect(target)


@app.route("/n")
def by_parsed_host():
    target = request.args["next"]
    parsed = urlparse(target)
    if parsed.netloc not in HOSTS:
        # ok: python.open-redirect
        return redirect("/")
    return ""


@app.route("/o")
def in_a_dictionary():
    targets = {"ok": "/done", "bad": request.args["bad"]}
    # ok: python.open-redirect
    return redirect(targets["ok"])


@app.route("/o2")
def in_a_dictionary_too():
    targets = {"ok": "/done", "bad": request.args["bad"]}
    # ruleid: python.open-redirect
    return redirect(targets["bad"])


@app.route("/p")
def from_cookie():
    # ruleid: python.open-redirect
    return redirect(request.cookies["last"])


@app.route("/q")
def from_json():
    # ruleid: python.open-redirect
    return redirect(request.get_json()["url"])


@app.route("/r")
def with_query():
    # ok: python.open-redirect
    return redirect("/search?" + request.query_string.decode())


@app.route("/s")
def joined():
    # ruleid: python.open-redirect
    return redirect("".join([request.args["scheme"], "://", request.args["host"]]))
