# Certificates that nobody looks at, and versions that others can read.
import ssl
import urllib.request

import aiohttp
import httpx
import paramiko
import requests
import urllib3

URL = "https://api.example/"
CA = "/etc/ssl/own.pem"


def with_requests():
    # ruleid: python.tls-not-verified
    requests.get(URL, verify=False, timeout=3)
    # ruleid: python.tls-not-verified
    requests.post(URL, json={}, verify=False)
    # ruleid: python.tls-not-verified
    requests.request("GET", URL, verify=False)
    # ok: python.tls-not-verified
    requests.get(URL, timeout=3)
    # ok: python.tls-not-verified
    requests.post(URL, json={}, verify=True)
    # ok: python.tls-not-verified
    requests.request("GET", URL, verify=CA)


def with_a_session():
    session = requests.Session()
    # ruleid: python.tls-not-verified
    session.verify = False
    # ruleid: python.tls-not-verified
    session.get(URL, verify=False)
    # ok: python.tls-not-verified
    session.verify = CA
    # ok: python.tls-not-verified
    session.get(URL)


def with_httpx():
    # ruleid: python.tls-not-verified
    httpx.get(URL, verify=False)
    # ruleid: python.tls-not-verified
    first = httpx.Client(verify=False)
    # ruleid: python.tls-not-verified
    second = httpx.AsyncClient(verify=False, timeout=3)
    # ok: python.tls-not-verified
    third = httpx.Client(verify=ssl.create_default_context(cafile=CA))
    # ok: python.tls-not-verified
    fourth = httpx.AsyncClient(timeout=3)
    return first, second, third, fourth


async def with_aiohttp():
    # ruleid: python.tls-not-verified
    first = aiohttp.TCPConnector(ssl=False)
    # ruleid: python.tls-not-verified
    second = aiohttp.TCPConnector(verify_ssl=False)
    # ok: python.tls-not-verified
    third = aiohttp.TCPConnector(ssl=ssl.create_default_context())
    # ok: python.tls-not-verified
    fourth = aiohttp.TCPConnector(limit=10)
    return first, second, third, fourth


def with_urllib3():
    # ruleid: python.tls-not-verified
    first = urllib3.PoolManager(cert_reqs="CERT_NONE")
    # ruleid: python.tls-not-verified
    second = urllib3.PoolManager(cert_reqs=ssl.CERT_NONE)
    # ok: python.tls-not-verified
    third = urllib3.PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=CA)
    # ok: python.tls-not-verified
    fourth = urllib3.PoolManager()
    return first, second, third, fourth


def with_ssl():
    # ruleid: python.tls-not-verified
    first = ssl._create_unverified_context()
    urllib.request.urlopen(URL, context=first)
    context = ssl.create_default_context()
    # ruleid: python.tls-not-verified
    context.check_hostname = False
    # ruleid: python.tls-not-verified
    context.verify_mode = ssl.CERT_NONE
    other = ssl.create_default_context(cafile=CA)
    # ok: python.tls-not-verified
    other.check_hostname = True
    # ok: python.tls-not-verified
    other.verify_mode = ssl.CERT_REQUIRED
    # ok: python.tls-not-verified
    urllib.request.urlopen(URL, context=other)


def more_that_is_verified(session):
    # ok: python.tls-not-verified
    session.headers["verify"] = "False"
    # ok: python.tls-not-verified
    httpx.stream("GET", URL, verify=CA)
    # ok: python.tls-not-verified
    requests.put(URL, data={"verify": False}, timeout=3)


def over_ssh():
    client = paramiko.SSHClient()
    # ruleid: python.tls-not-verified
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    # ruleid: python.tls-not-verified
    client.set_missing_host_key_policy(paramiko.WarningPolicy)
    # ok: python.tls-not-verified
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    # ok: python.tls-not-verified
    client.load_system_host_keys()


def versions():
    # ruleid: python.old-tls
    first = ssl.SSLContext(ssl.PROTOCOL_TLSv1)
    # ruleid: python.old-tls
    second = ssl.SSLContext(ssl.PROTOCOL_SSLv3)
    # ok: python.old-tls
    third = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # ruleid: python.old-tls
    third.minimum_version = ssl.TLSVersion.TLSv1_1
    # ok: python.old-tls
    third.minimum_version = ssl.TLSVersion.TLSv1_2
    # ok: python.old-tls
    third.minimum_version = ssl.TLSVersion.TLSv1_3
    return first, second, third
