import hashlib
import pickle
import random
import secrets
import ssl
from base64 import b64decode

import aiohttp
import httpx
import requests
import yaml
from Crypto.Cipher import AES, DES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import modes
from flask import Flask, request

app = Flask(__name__)
HOSTS = {"a": "https://a.example.org"}


@app.route("/a", methods=["POST"])
def read():
    # ruleid: python.unsafe-deserialization
    pickle.loads(request.data)
    # ruleid: python.unsafe-deserialization
    pickle.loads(b64decode(request.cookies["session"]))
    # ok: python.unsafe-deserialization
    pickle.loads(b"")
    # ruleid: python.unsafe-deserialization, python.yaml-unsafe-load
    yaml.load(request.data, Loader=yaml.Loader)
    # ok: python.unsafe-deserialization, python.yaml-unsafe-load
    yaml.load(request.data, Loader=yaml.SafeLoader)
    # ok: python.unsafe-deserialization
    yaml.safe_load(request.data)
    return {}


@app.route("/b")
def call():
    url = request.args["url"]
    # ruleid: python.ssrf
    requests.get(url, timeout=3)
    # ruleid: python.ssrf
    httpx.post(f"https://{request.args['host']}/hook")
    # ok: python.ssrf
    requests.get(HOSTS[request.args["name"]], timeout=3)
    # ok: python.ssrf
    requests.get("https://example.org", params={"q": request.args["q"]}, timeout=3)
    return {}


@app.route("/c")
async def call_too():
    async with aiohttp.ClientSession() as session:
        # ruleid: python.ssrf
        await session.get(request.args["url"])
        # ok: python.ssrf
        await session.get("https://example.org")
    return {}


# ruleid: python.weak-hash
hashlib.md5(b"x").hexdigest()
# ruleid: python.weak-hash
hashlib.new("sha1", b"x")
# ruleid: python.weak-hash
hashes.MD5()
# ok: python.weak-hash
hashlib.md5(b"x", usedforsecurity=False)
# ok: python.weak-hash
hashlib.sha256(b"x")

# ruleid: python.weak-cipher
DES.new(key)
# ruleid: python.weak-cipher
AES.new(key, AES.MODE_ECB)
# ruleid: python.weak-cipher
modes.ECB()
# ok: python.weak-cipher
AES.new(key, AES.MODE_GCM)

# ruleid: python.short-key
rsa.generate_private_key(public_exponent=65537, key_size=1024)
# ok: python.short-key
rsa.generate_private_key(public_exponent=65537, key_size=4096)

# ruleid: python.predictable-secret
reset_token = "".join(random.choice("abc") for _ in range(20))
# ok: python.predictable-secret
reset_token = secrets.token_urlsafe()
# ok: python.predictable-secret
colour = random.choice(["red", "green"])

# ruleid: python.tls-not-verified
requests.get("https://example.org", verify=False)
# ruleid: python.tls-not-verified
httpx.Client(verify=False)
context = ssl.create_default_context()
# ruleid: python.tls-not-verified
context.check_hostname = False
# ruleid: python.tls-not-verified
context.verify_mode = ssl.CERT_NONE
# ok: python.tls-not-verified
requests.get("https://example.org", verify="/etc/ca.pem")
# ok: python.tls-not-verified
context.verify_mode = ssl.CERT_REQUIRED

# ruleid: python.old-tls
ssl.SSLContext(ssl.PROTOCOL_TLSv1)
# ok: python.old-tls
ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
