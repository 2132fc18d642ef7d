# Broken algorithms, short keys, values that can be guessed, and what to write in their place.
import hashlib
import hmac
import random
import secrets

import numpy
from Crypto.Cipher import AES, ARC4, DES, DES3, Blowfish, ChaCha20_Poly1305
from Crypto.Hash import MD5, SHA256
from Crypto.PublicKey import DSA, ECC, RSA
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def hash_password(password):
    # ruleid: python.weak-hash
    stored = hashlib.md5(password.encode()).hexdigest()
    # ruleid: python.weak-hash
    stored = hashlib.sha1(password.encode()).hexdigest()
    # ok: python.weak-hash
    stored = hashlib.scrypt(password.encode(), salt=b"x", n=2**14, r=8, p=1)
    # ok: python.weak-hash
    stored = hashlib.pbkdf2_hmac("sha256", password.encode(), b"x", 600_000)
    return stored


def etag(content):
    # ok: python.weak-hash
    first = hashlib.md5(content, usedforsecurity=False).hexdigest()
    # ok: python.weak-hash
    second = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    # ok: python.weak-hash
    third = hashlib.blake2b(content).hexdigest()
    return first, second, third


def by_name(content):
    # ruleid: python.weak-hash
    first = hashlib.new("md5", content)
    # ruleid: python.weak-hash
    second = hashlib.new("SHA1", content)
    # ok: python.weak-hash
    third = hashlib.new("sha256", content)
    # ok: python.weak-hash
    fourth = hashlib.new("md5", content, usedforsecurity=False)
    return first, second, third, fourth


def other_libraries(content):
    # ruleid: python.weak-hash
    first = MD5.new(content)
    # ok: python.weak-hash
    second = SHA256.new(content)
    # ruleid: python.weak-hash
    third = hashes.Hash(hashes.SHA1())
    # ok: python.weak-hash
    fourth = hashes.Hash(hashes.SHA256())
    return first, second, third, fourth


def sign(key, content):
    # ok: python.weak-hash
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def encipher(key, content):
    # ruleid: python.weak-cipher
    first = DES.new(key, DES.MODE_CBC).encrypt(content)
    # ruleid: python.weak-cipher
    second = DES3.new(key, DES3.MODE_CBC).encrypt(content)
    # ruleid: python.weak-cipher
    third = ARC4.new(key).encrypt(content)
    # ruleid: python.weak-cipher
    fourth = Blowfish.new(key, Blowfish.MODE_CBC).encrypt(content)
    # ruleid: python.weak-cipher
    fifth = AES.new(key, AES.MODE_ECB).encrypt(content)
    # ok: python.weak-cipher
    sixth = AES.new(key, AES.MODE_GCM).encrypt_and_digest(content)
    # ok: python.weak-cipher
    seventh = ChaCha20_Poly1305.new(key=key).encrypt_and_digest(content)
    # ok: python.weak-cipher
    eighth = Fernet(key).encrypt(content)
    return first, second, third, fourth, fifth, sixth, seventh, eighth


def encipher_too(key, vector):
    # ruleid: python.weak-cipher
    first = Cipher(algorithms.TripleDES(key), modes.CBC(vector))
    # ruleid: python.weak-cipher
    second = Cipher(algorithms.AES(key), modes.ECB())
    # ruleid: python.weak-cipher
    third = Cipher(algorithms.ARC4(key), mode=None)
    # ok: python.weak-cipher
    fourth = Cipher(algorithms.AES(key), modes.GCM(vector))
    return first, second, third, fourth


def keys():
    # ruleid: python.short-key
    first = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    # ruleid: python.short-key
    second = RSA.generate(1024)
    # ruleid: python.short-key
    third = dsa.generate_private_key(key_size=1024)
    # ruleid: python.short-key
    fourth = DSA.generate(1024)
    # ok: python.short-key
    fifth = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    # ok: python.short-key
    sixth = RSA.generate(4096)
    # ok: python.short-key
    seventh = ec.generate_private_key(ec.SECP256R1())
    # ok: python.short-key
    eighth = ECC.generate(curve="P-256")
    return first, second, third, fourth, fifth, sixth, seventh, eighth


def tokens():
    # ruleid: python.predictable-secret
    token = str(random.randint(0, 10**9))
    # ruleid: python.predictable-secret
    password = "".join(random.choices("abcdef", k=12))
    # ruleid: python.predictable-secret
    session_id = random.getrandbits(128)
    # ruleid: python.predictable-secret
    otp = numpy.random.randint(100_000, 999_999)
    # ok: python.predictable-secret
    token = secrets.token_urlsafe(32)
    # ok: python.predictable-secret
    password = "".join(secrets.choice("abcdef") for _ in range(12))
    # ok: python.predictable-secret
    session_id = random.SystemRandom().getrandbits(128)
    # ok: python.predictable-secret
    otp = secrets.randbelow(900_000) + 100_000
    # ok: python.predictable-secret
    sample = random.sample(range(100), 5)
    # ok: python.predictable-secret
    colour = random.choice(["red", "green"])
    return token, password, session_id, otp, sample, colour
