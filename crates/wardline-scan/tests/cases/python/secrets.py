"""Secrets that stand in programs, and what looks like them. The sign `¦` is taken out before this is scanned: it keeps
this file from looking like a leak to others."""

import hashlib
import hmac
import os
import smtplib
import uuid
from dataclasses import dataclass
from ftplib import FTP

import boto3
import httpx
import jwt
import paramiko
import psycopg2
import redis
import requests
import stripe
from cryptography.fernet import Fernet
from decouple import config
from django.core.management.utils import get_random_secret_key
from flask import Flask, request
from itsdangerous import URLSafeTimedSerializer
from openai import OpenAI
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings
from pymongo import MongoClient
from slack_sdk import WebClient
from sqlalchemy import create_engine

# --- settings of applications

# ruleid: secret.secret
SECRET_KEY = "zh!=!gq(w^_t8sBR29954x)HI+$ehwss*xYNQeu([xcWMhdzzr"

app = Flask(__name__)
# ruleid: secret.secret
app.config["SECRET_KEY"] = "u8jzPde0IgxLd6GncfBAepfJBd0Kh8oO"
# ruleid: secret.secret
app.secret_key = b"OL8dKLzdocJ2isAjIhKtJ0RlgLKOmxgJ"
# ruleid: secret.secret
app.config.update(SESSION_COOKIE_SECURE=True, JWT_SECRET_KEY="TeKdNnFRIBXuDL7DxtpYlSXpfKtHF4vU")

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "USER": "shop",
        # ruleid: secret.password
        "PASSWORD": "tr0ub4dor&3",
        "HOST": "db.internal",
    }
}

# ruleid: secret.password
EMAIL_HOST_PASSWORD = "Winter2024!mail"


class Settings(BaseSettings):
    # ruleid: secret.password
    database_password: str = "pgR0cks2025"
    # ruleid: secret.secret
    jwt_secret: SecretStr = SecretStr("CsMehGAkWvj7FAc9QeWJKY40uvSwMFLZ")
    # ruleid: secret.api-key
    search_api_key: str = Field(default="6608697a8d41bed440e50454f31af317", min_length=32)
    # ok: secret.password
    smtp_password: str = ""
    # ok: secret.secret
    session_secret: SecretStr
    # ok: secret.api-key
    maps_api_key: str = Field(default="", alias="MAPS_API_KEY_V2")
    # ok: secret.token
    token_url: str = "https://id.shop.test/oauth2/v1/token"


# --- what an environment variable falls back to

# ruleid: secret.secret
FALLBACK_SECRET = os.environ.get("JWT_SECRET", "De1f8rESQedUStPKR0CsTy4Qwb8DwkNh")
# ruleid: secret.password
DB_PASSWORD = os.getenv("DB_PASSWORD", "s4les-db-2023")
# ruleid: secret.password
QUEUE_PASSWORD = os.getenv("QUEUE_PASSWORD") or "rabb1t-hole"
# ruleid: secret.api-key
PAY_API_KEY = config("PAY_API_KEY", default="FdnXsiVpzz63FfkCzJr4i0B3JrTAwR4y")
# ok: secret.secret
ENV_SECRET = os.environ["SIGNING_SECRET_V1"]
# ok: secret.password
ENV_PASSWORD = os.getenv("DB_PASSWORD_2", "")
# ok: secret.api-key
ENV_KEY = config("SEARCH_API_KEY_2", default=None)
# ok: secret.password
LOCAL_PASSWORD = os.environ.get("POSTGRES_PASSWORD", "postgres")

# --- clients

# ruleid: secret.stripe-key
stripe.api_key = "sk_¦live_51HxQ2eJv8Zk3mWbT9yRcUa7L"
# ruleid: secret.api-key
openai = OpenAI(api_key="sk-¦proj-9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP")
# ruleid: secret.slack-token
slack = WebClient("xo¦xb-482910375562-ajdUEFksiDKWl1TzQpXm")
s3 = boto3.client(
    "s3",
    # ruleid: secret.aws-key
    aws_access_key_id="AK¦IA7RGN7SS555HMTF6B",
    # ruleid: secret.secret
    aws_secret_access_key="oT2pAKatyz1kBpSBviHJxye424wYjzQakkx/iN+h",
)
# ruleid: secret.password
pg = psycopg2.connect(host="db.internal", user="shop", password="c0ffee-break")
# ruleid: secret.password
old = psycopg2.connect("host=db.internal dbname=shop user=shop password=m4ngo-tree")
# ruleid: secret.url-password
engine = create_engine("postgresql+psycopg2://shop:pl4in-text@db.internal:5432/shop")
# ruleid: secret.url-password
mongo = MongoClient("mongodb+srv://reports:Gr4ph1te@cluster0.q8z1k.mongodb.net/reports")
# ruleid: secret.url-password
cache = redis.Redis.from_url("redis://:h0rse-battery-9@cache.internal:6379/0")
# ok: secret.url-password
local = create_engine("postgresql://postgres:postgres@localhost:5432/postgres")
# ok: secret.url-password
made = create_engine(f"postgresql://{os.environ['DB_USER']}:{os.environ['DB_PASS_1']}@db.internal/shop")
# ok: secret.stripe-key
PUBLISHABLE = "pk_live_51HxQ2eJv8Zk3mWbT9yRcUa7L"
# ok: secret.api-key
client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])
# ok: secret.aws-key
DOCUMENTED = "AKIAIOSFODNN7EXAMPLE"


def notify(text: str) -> None:
    server = smtplib.SMTP("mail.internal", 587)
    # ruleid: secret.password
    server.login("robot@shop.test", "b0unce-house")
    # ok: secret.password
    server.login(os.environ["MAIL_USER"], os.environ["MAIL_PASS_1"])
    server.sendmail("robot@shop.test", "ops@shop.test", text)


def upload(path: str, password: str) -> None:
    ftp = FTP("files.internal")
    # ruleid: secret.password
    ftp.login("robot", "upl0ad-daily")
    # ok: secret.password
    ftp.login("robot", password)
    ssh = paramiko.SSHClient()
    # ruleid: secret.password
    ssh.connect("files.internal", username="deploy", password="d3ploy-it-now")
    # ok: secret.password
    ssh.connect("files.internal", username="deploy", password=password)


# --- tokens in headers

# ruleid: secret.bearer
HEADERS = {"Authorization": "Bearer 6813e02ea68ef786e4d3cea27d26934b484e73cf"}
# ruleid: secret.github-token
GITHUB = {"Authorization": "token gh¦p_wA94hJ9WnywX0t0ZBfdTEmxI6CmuxV2Vc9y0"}
# ok: secret.bearer
READ = {"Authorization": f"Bearer {os.environ['API_TOKEN_1']}"}
# ok: secret.bearer
FORMATTED = {"Authorization": "Bearer %s" % os.environ["API_TOKEN_2"]}
# ok: secret.bearer
DESCRIBED = {"Authorization": "Bearer <access-token-1>"}
# ok: secret.github-token
BROKEN = {"Authorization": "token ghp_16C7e42F292c6912E7710c838347Ae178B4a"}


def rates() -> dict:
    # ruleid: secret.api-key
    answer = requests.get("https://api.rates.test/v1", headers={"X-Api-Key": "569969e58b081006f7e3dfc967a64cb1"})
    # ok: secret.api-key
    again = requests.get("https://api.rates.test/v1", headers={"X-Api-Key": os.environ["RATES_KEY_1"]})
    # ruleid: secret.password
    report = httpx.get("https://api.rates.test/report", auth=("shop", "r3p0rts-2025"))
    # ok: secret.password
    other = httpx.get("https://api.rates.test/report", auth=("shop", os.environ["REPORT_PASS_1"]))
    return {"rates": answer.json(), "again": again.json(), "report": report.json(), "other": other.json()}


# --- keys of cryptography

# ruleid: secret.jwt
SERVICE_TOKEN = "eyJ¦hbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoic2VydmljZSIsInN1YiI6Ijc3MzEiLCJpc3MiOiJzaG9wIn0.fGmzWkpAePcEJIukB4geqNfngAFTCloiADN5RpVI2XQ"


def issue(user: str) -> str:
    # ruleid: secret.signing-key
    return jwt.encode({"sub": user}, "kwXoIIXGvOoNZYW2mZp0zVZomHFwUbbY", algorithm="HS256")


def read(token: str) -> dict:
    # ruleid: secret.signing-key
    return jwt.decode(token, key="horse9staple4battery", algorithms=["HS256"])


def issue_safely(user: str, settings: Settings) -> str:
    # ok: secret.signing-key
    token = jwt.encode({"sub": user}, settings.jwt_secret.get_secret_value(), algorithm="HS256")
    # ok: secret.signing-key
    assert jwt.decode(token, options={"verify_signature": False}, algorithms=["HS256"])
    return token


def seal(body: bytes) -> str:
    # ruleid: secret.signing-key
    return hmac.new(b"rEqmSM9wCZ7Uw9xfogoEmvnEN5N1aE6P", body, hashlib.sha256).hexdigest()


def seal_safely(body: bytes) -> str:
    # ok: secret.signing-key
    return hmac.new(os.environb[b"WEBHOOK_KEY_1"], body, hashlib.sha256).hexdigest()


# ruleid: secret.signing-key
box = Fernet(b"g3TZvXT8Ea3XucplA5Uiaf1mn2N27nGHlzf9X3L41Rw=")
# ok: secret.signing-key
fresh = Fernet(Fernet.generate_key())
# ruleid: secret.signing-key
links = URLSafeTimedSerializer("wZPf1Qh6yYTWmE4lBYOvfZ8UzDzV8fUk", salt="reset")
# ok: secret.signing-key
signed = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="reset-2")

# ruleid: secret.private-key
PRIVATE_KEY = """-----BEGIN ¦EC PRIVATE KEY-----
PpaWj4m+goVl4H5ffXhOkGCnIcqAfXYz7RI0AvN25b8Ulnc9GWFjJr5b5YUDNrNv
E7yuSBZoghNoBafRvl6fJ2gQ/fcg0DPKTy5Ty4rRkZ3VGp+21NUJumTIz2gD3lDY
-----END ¦EC PRIVATE KEY-----"""
# ok: secret.private-key
PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
Oi7PuutTQgcaSMstvVdKspFSVyI3xPtlmkAW96EbxixScc9k8l1vFcxQxLc/TH5i
-----END PUBLIC KEY-----"""


def is_key(text: str) -> bool:
    # ok: secret.private-key
    return "-----BEGIN PRIVATE KEY-----" in text


# --- comparisons

def admin() -> bool:
    # ruleid: secret.password
    if request.form["password"] == "l0gmein-admin":
        return True
    # ruleid: secret.token
    if request.headers.get("X-Admin-Token") == "14b3ce107f80e222f828767efc2f91624a8940f1":
        return True
    # ok: secret.password
    return request.form["password"] == os.environ["ADMIN_PASSWORD_1"]


# --- what only looks like one

# ok: secret.secret
GENERATED_SECRET_KEY = get_random_secret_key()
# ok: secret.secret
INSECURE_SECRET_KEY = "django-insecure-8sd7f6sd87f6s8d7f6s8d7f6"
# ok: secret.api-key
SAMPLE_API_KEY = "your-api-key-goes-here-123"
# ok: secret.token
CSRF_TOKEN = "csrfmiddlewaretoken"
# ok: secret.password
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
# ok: secret.token
COMMIT = "7f9cc25de23d1a255720b0ae4551f4044d600f46"
# ok: secret.token
DIGEST = "sha256:575dcad6ba2b0aee0ca923732881584d8c4fa2815d2802827283e0ad84173581"
# ok: secret.token
NAMESPACE = uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
# ok: secret.password
EMPTY_DIGEST = hashlib.sha256(b"").hexdigest() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
# ok: secret.password
RESET_PASSWORD_URL = "accounts/password/reset/2"
# ok: secret.password
ERRORS = {"password_too_short": "At least 12 characters.", "password_mismatch": "The two do not match: 2 passwords."}
# ok: secret.password
VAULT_PASSWORD = "vault:secret/data/shop#password1"
# ok: secret.secret
SECRET_NAME = "projects/4711/secrets/shop-jwt/versions/3"
# ok: secret.token
TOKEN_RE = r"^[0-9a-f]{40}$"
# ok: secret.password
PASSWORD_HELP = "https://docs.shop.test/security/passwords-v2"


@dataclass
class Credentials:
    user: str
    # ok: secret.password
    password: str = "<set in production 1>"


class Login:
    # ok: secret.password
    def check(self, password: str, password2: str) -> bool:
        # ok: secret.password
        return password == password2 and self.token_name == "session_token_v2"
