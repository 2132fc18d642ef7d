using System.Net.Http;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Mvc;
using Newtonsoft.Json;

namespace Shop.Controllers;

public class ImportController : Controller
{
    private readonly HttpClient _client = new();

    public async Task<IActionResult> Proxy(string url)
    {
        // ruleid: csharp.ssrf
        var text = await _client.GetStringAsync(url);
        // ok: csharp.ssrf
        var other = await _client.GetStringAsync("https://api.example.com/items?q=" + Uri.EscapeDataString(url));
        return Json(new { text, other });
    }

    public void Formats(Stream stream)
    {
        // ruleid: csharp.deserialization
        var formatter = new BinaryFormatter();
        // ruleid: csharp.deserialization
        var settings = new JsonSerializerSettings { TypeNameHandling = TypeNameHandling.All };
        // ok: csharp.deserialization
        var safe = new JsonSerializerSettings { TypeNameHandling = TypeNameHandling.None };
        // ruleid: csharp.xxe
        var reader = new XmlReaderSettings { DtdProcessing = DtdProcessing.Parse };
        // ok: csharp.xxe
        var closed = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit };
    }

    public void Insecure()
    {
        var handler = new HttpClientHandler();
        // ruleid: csharp.tls-verification
        handler.ServerCertificateCustomValidationCallback = (message, certificate, chain, errors) => true;
        // ruleid: csharp.tls-verification
        handler.ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator;
        // ok: csharp.tls-verification
        handler.ServerCertificateCustomValidationCallback = (message, certificate, chain, errors) => errors == SslPolicyErrors.None;
    }

    public void Sums(byte[] data)
    {
        // ruleid: csharp.weak-crypto
        using var md5 = MD5.Create();
        // ok: csharp.weak-crypto
        using var sha = SHA256.Create();
        // ruleid: csharp.weak-crypto
        var des = new DESCryptoServiceProvider();
        var aes = Aes.Create();
        // ruleid: csharp.weak-crypto
        aes.Mode = CipherMode.ECB;
        // ok: csharp.weak-crypto
        aes.Mode = CipherMode.CBC;
    }
}
