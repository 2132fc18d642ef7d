using System.IO;
using System.IO.Compression;
using Microsoft.AspNetCore.Mvc;

namespace Shop.Controllers;

public class FilesController : Controller
{
    private const string Root = "/srv/files/";
    private static readonly Dictionary<string, string> Known = new() { ["terms"] = "terms.pdf" };

    [HttpGet("read/{name}")]
    public IActionResult Read([FromRoute] string name)
    {
        // ruleid: csharp.path-traversal
        var text = System.IO.File.ReadAllText(Path.Combine(Root, name));
        // ok: csharp.path-traversal
        var safe = System.IO.File.ReadAllText(Path.Combine(Root, Path.GetFileName(name)));
        return Content(text + safe);
    }

    [HttpGet("download")]
    public IActionResult Download(string path)
    {
        // ruleid: csharp.path-traversal
        return PhysicalFile(Root + path, "application/pdf");
    }

    [HttpGet("download-checked")]
    public IActionResult DownloadChecked(string path)
    {
        var full = Path.GetFullPath(Path.Combine(Root, path));
        if (!full.StartsWith(Root, StringComparison.Ordinal))
        {
            return NotFound();
        }
        // ok: csharp.path-traversal
        return PhysicalFile(full, "application/pdf");
    }

    [HttpGet("stream")]
    public IActionResult Stream(string name)
    {
        // ruleid: csharp.path-traversal
        using var stream = new FileStream($"{Root}{name}", FileMode.Open);
        // ok: csharp.path-traversal
        using var other = new FileStream(Root + "readme.txt", FileMode.Open);
        // ruleid: csharp.path-traversal
        using (var reader = new StreamReader(Path.Combine(Root, name)))
        {
            return Content(reader.ReadToEnd());
        }
    }

    [HttpPost("upload")]
    public async Task<IActionResult> Upload(IFormFile file)
    {
        // ruleid: csharp.path-traversal
        await using (var target = System.IO.File.Create(Path.Combine(Root, file.FileName)))
        {
            await file.CopyToAsync(target);
        }
        // ok: csharp.path-traversal
        await using (var target = System.IO.File.Create(Path.Combine(Root, Path.GetRandomFileName())))
        {
            await file.CopyToAsync(target);
        }
        var name = Guid.NewGuid() + Path.GetExtension(file.FileName);
        // ok: csharp.path-traversal
        await using (var target = System.IO.File.Create(Path.Combine(Root, name)))
        {
            await file.CopyToAsync(target);
        }
        return Ok();
    }

    [HttpDelete("remove")]
    public IActionResult Remove(string name, string id)
    {
        // ruleid: csharp.path-traversal
        System.IO.File.Delete(Root + name);
        // ok: csharp.path-traversal
        System.IO.File.Delete($"{Root}{int.Parse(id)}.txt");
        // ruleid: csharp.path-traversal
        Directory.Delete(Path.Combine(Root, name), true);
        // ok: csharp.path-traversal
        Directory.Delete("/srv/tmp", true);
        return Ok();
    }

    [HttpGet("list")]
    public IActionResult List()
    {
        string directory = Request.Query["dir"];
        // ruleid: csharp.path-traversal
        var files = Directory.GetFiles(directory);
        // ok: csharp.path-traversal
        var others = Directory.GetFiles(Root);
        return Json(new { files, others });
    }

    [HttpGet("known")]
    public IActionResult KnownOne(string key)
    {
        // ok: csharp.path-traversal
        return PhysicalFile(Root + Known[key], "application/pdf");
    }

    [HttpGet("guarded")]
    public IActionResult Guarded(string name)
    {
        if (!Regex.IsMatch(name, "^[a-z0-9_-]+$"))
        {
            return BadRequest();
        }
        // ok: csharp.path-traversal
        return Content(System.IO.File.ReadAllText(Root + name + ".txt"));
    }

    [HttpPost("unzip")]
    public IActionResult Unzip(IFormFile archive, string target)
    {
        using var zip = new ZipArchive(archive.OpenReadStream());
        var stream = _store.Find(target);
        // ok: csharp.path-traversal
        using var reader = new StreamReader(stream);
        // ruleid: csharp.path-traversal
        using var named = new StreamReader("/srv/" + target);
        // ruleid: csharp.path-traversal
        ZipFile.ExtractToDirectory("/srv/in.zip", "/srv/" + target);
        // ok: csharp.path-traversal
        ZipFile.ExtractToDirectory("/srv/in.zip", "/srv/out");
        return Ok();
    }

    [HttpPost("save")]
    public IActionResult Save([FromBody] SaveRequest request)
    {
        var store = new Store(Root);
        store.Save(request.Name, request.Text);
        store.SaveKnown(request.Name, request.Text);
        // ruleid: csharp.path-traversal
        System.IO.File.AppendAllText(Path.Combine(Root, request.Name), request.Text);
        // ok: csharp.path-traversal
        System.IO.File.AppendAllText("/var/log/shop.log", request.Text);
        return Ok();
    }

    [HttpPost("copy")]
    public IActionResult Copy(string from, string to)
    {
        // ruleid: csharp.path-traversal
        System.IO.File.Copy(Root + from, "/tmp/copy");
        // ok: csharp.path-traversal
        System.IO.File.Copy("/srv/default.txt", Path.Combine(Root, Path.GetFileName(to)));
        return Ok();
    }
}

public record SaveRequest(string Name, string Text);

public class Store
{
    private readonly string _root;

    public Store(string root)
    {
        _root = root;
    }

    public void Save(string name, string text)
    {
        // ruleid: csharp.path-traversal
        File.WriteAllText(Path.Combine(_root, name), text);
    }

    public void SaveKnown(string name, string text)
    {
        var safe = Path.GetFileNameWithoutExtension(name);
        // ok: csharp.path-traversal
        File.WriteAllText(Path.Combine(_root, safe + ".txt"), text);
    }
}
