import json
from uuid import UUID

import asyncpg
import duckdb
from aiohttp import web
from django.db import connection
from django.db.models.expressions import RawSQL
from django.http import JsonResponse
from django.views import View
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from pydantic import BaseModel
from rest_framework.views import APIView
from sqlalchemy import text
from tornado.web import RequestHandler

app = FastAPI()
router = APIRouter()


def search(request):
    name = request.GET.get("name")
    with connection.cursor() as cursor:
        # ruleid: python.sql-injection
        cursor.execute("select * from users where name = '%s'" % name)
        # ok: python.sql-injection
        cursor.execute("select * from users where name = %s", [name])
    return JsonResponse({})


def raw(request):
    # ruleid: python.sql-injection
    users = User.objects.raw("select * from users where name = '" + request.POST["name"] + "'")
    # ok: python.sql-injection
    more = User.objects.raw("select * from users where name = %s", [request.POST["name"]])
    # ok: python.sql-injection
    more = User.objects.filter(name=request.POST["name"])
    return JsonResponse({"users": users, "more": more})


class Extra(View):
    def get(self, request):
        order = request.GET["order"]
        # ruleid: python.sql-injection
        User.objects.extra(where=["name = '%s'" % order])
        # ok: python.sql-injection
        User.objects.extra(where=["name = %s"], params=[order])
        # ruleid: python.sql-injection
        User.objects.annotate(x=RawSQL("select " + order, []))
        # ok: python.sql-injection
        User.objects.annotate(x=RawSQL("select %s", [order]))
        return JsonResponse({})


class Api(APIView):
    def post(self, request, format=None):
        # ruleid: python.sql-injection
        connection.cursor().execute(f"select * from t where id = {request.data['id']}")
        # ok: python.sql-injection
        connection.cursor().execute("select * from t where id = %s", [request.data["id"]])
        # ok: python.sql-injection
        connection.cursor().execute(f"select * from t where id = {int(request.data['id'])}")


class Item(BaseModel):
    name: str
    price: float


@app.get("/items")
async def items(q: str, db=Depends(get_db)):
    # ruleid: python.sql-injection
    await db.execute(text(f"select * from items where name = '{q}'"))
    # ok: python.sql-injection
    await db.execute(text("select * from items where name = :q"), {"q": q})


@app.get("/items/{item_id}")
async def item(item_id: int, key: UUID, db=Depends(get_db)):
    # ok: python.sql-injection
    await db.execute(text(f"select * from items where id = {item_id}"))
    # ok: python.sql-injection
    await db.execute(text(f"select * from items where id = '{key}'"))


@router.post("/items")
async def create(item: Item, db=Depends(get_db)):
    # ruleid: python.sql-injection
    await db.execute(text("insert into items values ('" + item.name + "')"))
    # ok: python.sql-injection
    await db.execute(text("insert into items values (:name)"), {"name": item.name})


@router.get("/search")
async def search_items(term: str = Query(...), pool: asyncpg.Pool = Depends(get_pool)):
    # ruleid: python.sql-injection
    rows = await pool.fetch("select * from items where name like '%" + term + "%'")
    # ok: python.sql-injection
    rows = await pool.fetch("select * from items where name like $1", f"%{term}%")
    return rows


@router.get("/raw")
async def raw_request(request: Request):
    # ruleid: python.sql-injection
    duckdb.sql("select * from t where c = '" + request.query_params["c"] + "'")
    # ok: python.sql-injection
    duckdb.sql("select * from t")
    body = await request.json()
    # ruleid: python.sql-injection
    duckdb.query(f"select * from {body['table']}")


async def handle(request):
    data = await request.post()
    conn = request.app["db"]
    # ruleid: python.sql-injection
    await conn.fetchrow("select * from users where name = '%s'" % data["name"])
    # ok: python.sql-injection
    await conn.fetchrow("select * from users where name = $1", data["name"])
    # ruleid: python.sql-injection
    await conn.execute("delete from users where id = " + request.match_info["id"])
    return web.Response(text="ok")


class Handler(RequestHandler):
    def get(self):
        name = self.get_argument("name")
        # ruleid: python.sql-injection
        self.db.execute("select * from users where name = '" + name + "'")
        # ok: python.sql-injection
        self.db.execute("select * from users where name = %s", name)


def lambda_handler(event, context):
    cursor = connection.cursor()
    # ruleid: python.sql-injection
    cursor.execute("select * from users where id = " + event["pathParameters"]["id"])
    # ok: python.sql-injection
    cursor.execute("select * from users where id = %s", (event["pathParameters"]["id"],))
    body = json.loads(event["body"])
    # ruleid: python.sql-injection
    cursor.executemany(f"insert into {body['table']} values (%s)", body["rows"])


def helper(table):
    # ok: python.sql-injection
    connection.cursor().execute("select * from " + table)


helper("users")


def nosql(request):
    filters = json.loads(request.body)
    # ruleid: python.nosql-injection
    request.db.users.find_one(filters)
    # ok: python.nosql-injection
    request.db.users.find_one({"name": str(filters["name"])})
    # ruleid: python.nosql-injection
    request.db.users.aggregate([{"$match": {"$where": "this.name == '" + filters["name"] + "'"}}])
