import html
import json

import bleach
import nh3
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.html import escape as django_escape
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse
from flask import Flask, Response, jsonify, make_response, render_template, render_template_string, request
from jinja2 import Environment, Template, select_autoescape
from markupsafe import Markup, escape
from tornado.web import RequestHandler

app = Flask(__name__)
api = FastAPI()


@app.route("/a")
def returned():
    name = request.args.get("name")
    # ruleid: python.xss
    return f"<h1>Hello {name}</h1>"


@app.route("/a2")
def returned_escaped():
    name = request.args.get("name")
    # ok: python.xss
    return f"<h1>Hello {escape(name)}</h1>"


@app.route("/b/<name>")
def from_route(name):
    # ruleid: python.xss
    return "<h1>Hello " + name + "</h1>"


@app.route("/b2/<int:number>")
def number_from_route(number):
    # ok: python.xss
    return "<h1>Number %s</h1>" % number


@app.route("/c")
def with_status():
    # ruleid: python.xss
    return "<p>" + request.args["q"] + " was not found</p>", 404


@app.route("/c2")
def with_status_escaped():
    # ok: python.xss
    return "<p>" + html.escape(request.args["q"]) + " was not found</p>", 404


@app.route("/d")
def made():
    # ruleid: python.xss
    response = make_response("<p>" + request.cookies["theme"] + "</p>")
    # ok: python.xss
    response = make_response("<p>fixed</p>")
    return response


@app.route("/e")
def responses():
    text = request.form["text"]
    # ruleid: python.xss
    first = Response("<p>%s</p>" % text)
    # ok: python.xss
    second = Response(text, mimetype="text/plain")
    # ok: python.xss
    third = Response(json.dumps({"text": text}), content_type="application/json")
    # ruleid: python.xss
    fourth = Response("<p>%s</p>" % text, mimetype="text/html")
    use(first, second, third, fourth)
    # ok: python.xss
    return ""


@app.route("/f")
def as_json():
    # ok: python.xss
    return {"name": request.args["name"]}


@app.route("/g")
def as_json_too():
    # ok: python.xss
    return jsonify(name=request.args["name"])


@app.route("/h")
def rendered():
    # ok: python.xss
    return render_template("page.html", name=request.args["name"])


@app.route("/i")
def marked():
    comment = request.form["comment"]
    # ruleid: python.xss
    unsafe = Markup("<b>" + comment + "</b>")
    # ok: python.xss
    safe = Markup("<b>" + escape(comment) + "</b>")
    # ok: python.xss
    cleaned = Markup(bleach.clean(comment))
    # ok: python.xss
    also = Markup(nh3.clean(comment))
    # ok: python.xss
    return render_template("page.html", parts=[unsafe, safe, cleaned, also])


@app.route("/j")
def counted():
    # ok: python.xss
    return "<p>%d</p>" % int(request.args["count"])


@app.route("/k")
def built_in_parts():
    page = "<ul>"
    for item in request.args.getlist("item"):
        page += "<li>" + item + "</li>"
    # ruleid: python.xss
    return page + "</ul>"


@app.route("/l")
def built_well():
    page = "<ul>"
    for item in request.args.getlist("item"):
        page += "<li>" + html.escape(item) + "</li>"
    # ok: python.xss
    return page + "</ul>"


def layout(body):
    return "<html><body>" + body + "</body></html>"


@app.route("/m")
def through_a_function():
    # ruleid: python.xss
    return layout(request.args["body"])


@app.route("/m2")
def through_a_function_escaped():
    # ok: python.xss
    return layout(html.escape(request.args["body"]))


@app.route("/n")
def chosen():
    theme = request.args.get("theme")
    if theme not in ("dark", "light"):
        theme = "light"
    # ok: python.xss
    return "<body class=" + theme + ">"


@app.errorhandler(404)
def missing(error):
    # ruleid: python.xss
    return "<p>no page " + request.full_path + "</p>", 404


def django_view(request):
    name = request.GET["name"]
    # ruleid: python.xss
    first = HttpResponse("<p>" + name + "</p>")
    # ok: python.xss
    second = HttpResponse("<p>" + django_escape(name) + "</p>")
    # ok: python.xss
    third = HttpResponse(name, content_type="text/plain")
    # ok: python.xss
    fourth = JsonResponse({"name": name})
    # ok: python.xss
    fifth = render(request, "page.html", {"name": name})
    # ruleid: python.xss
    sixth = HttpResponse(content="<p>" + name + "</p>")
    return [first, second, third, fourth, fifth, sixth]


def safe_strings(request):
    bio = request.POST.get("bio", "")
    # ruleid: python.xss
    first = mark_safe("<p>%s</p>" % bio)
    # ok: python.xss
    second = mark_safe("<p>fixed</p>")
    # ok: python.xss
    third = format_html("<p>{}</p>", bio)
    # ruleid: python.xss
    fourth = format_html("<p>" + bio + "</p>")
    # ruleid: python.xss
    fifth = format_html(f"<p>{bio}</p>")
    return [first, second, third, fourth, fifth]


@api.get("/p")
def page(q: str):
    # ruleid: python.xss
    return HTMLResponse("<p>" + q + "</p>")


@api.get("/p2")
def page_escaped(q: str):
    # ok: python.xss
    return HTMLResponse("<p>" + html.escape(q) + "</p>")


@api.get("/p3")
def page_json(q: str):
    # ok: python.xss
    return JSONResponse({"q": q})


@api.get("/p4", response_class=HTMLResponse)
def page_by_class(q: str):
    # ruleid: python.xss
    return f"<p>{q}</p>"


@api.get("/p5", response_class=HTMLResponse)
def page_with_number(q: int):
    # ok: python.xss
    return f"<p>{q}</p>"


@api.post("/p6")
def page_content(q: str):
    # ruleid: python.xss
    return HTMLResponse(content=f"<p>{q}</p>", status_code=200)


class Handler(RequestHandler):
    def get(self):
        name = self.get_argument("name")
        # ruleid: python.xss
        self.write("<p>" + name + "</p>")
        # ok: python.xss
        self.write({"name": name})
        # ok: python.xss
        self.write("<p>" + escape(name) + "</p>")


@app.route("/q")
def templates():
    name = request.args["name"]
    # ruleid: python.template-injection
    render_template_string("<p>Hello " + name + "</p>")
    # ok: python.template-injection
    render_template_string("<p>Hello {{ name }}</p>", name=name)
    # ruleid: python.template-injection
    Template("Hello " + name).render()
    # ok: python.template-injection
    Template("Hello {{ name }}").render(name=name)
    # ok: python.xss
    return ""


# ruleid: python.autoescape-off
env = Environment(loader=None)
# ruleid: python.autoescape-off
env = Environment(loader=None, autoescape=False)
# ok: python.autoescape-off
env = Environment(loader=None, autoescape=select_autoescape())


@app.route("/r", methods=["POST"])
def posted():
    data = request.get_json()
    # ruleid: python.xss
    return "<div>" + data["title"] + "</div>"


@app.route("/s")
def header():
    # ruleid: python.xss
    return "<p>You use %s</p>" % request.headers.get("User-Agent")


@app.route("/t")
def joined():
    # ruleid: python.xss
    return "<br>".join(request.args.getlist("line"))


@app.route("/u")
def conditional():
    message = request.args.get("message") or "none"
    # ruleid: python.xss
    return "<p>{}</p>".format(message) if message else ""


@app.route("/v")
def stored():
    context = {"title": "Home", "body": request.args["body"]}
    # ok: python.xss
    return "<h1>" + context["title"] + "</h1>"


@app.route("/w")
def stored_and_used():
    context = {"title": "Home", "body": request.args["body"]}
    # ruleid: python.xss
    return "<p>" + context["body"] + "</p>"


@app.route("/x")
def raw_upload():
    # ruleid: python.xss
    return request.files["page"].read()


@app.route("/y")
def decoded():
    # ruleid: python.xss
    return request.data.decode("utf-8").strip()
