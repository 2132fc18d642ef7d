using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Mvc;
using Microsoft.CodeAnalysis.CSharp.Scripting;

namespace Shop.Controllers;

[ApiController]
public class ToolsController : ControllerBase
{
    private static readonly Dictionary<string, string> Tools = new()
    {
        { "ping", "/usr/bin/ping" },
        { "dig", "/usr/bin/dig" },
    };

    [HttpPost("ping")]
    public IActionResult Ping(string host)
    {
        // ruleid: csharp.command-injection
        Process.Start("/bin/sh", "-c \"ping -c 1 " + host + "\"");
        var info = new ProcessStartInfo("/usr/bin/ping");
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add("1");
        info.ArgumentList.Add(host);
        // ok: csharp.command-injection
        Process.Start(info);
        return Ok();
    }

    [HttpPost("run")]
    public IActionResult Run([FromBody] RunRequest request)
    {
        // ruleid: csharp.command-injection
        Process.Start(request.Program);
        // ok: csharp.command-injection
        Process.Start("/usr/bin/uptime");
        return Ok();
    }

    [HttpPost("info")]
    public IActionResult Info(string file)
    {
        // ruleid: csharp.command-injection
        var info = new ProcessStartInfo { FileName = "convert", Arguments = $"{file} out.png" };
        // ok: csharp.command-injection
        var other = new ProcessStartInfo { FileName = "convert", Arguments = "in.png out.png" };
        // ruleid: csharp.command-injection
        var third = new ProcessStartInfo("cmd.exe", "/c type " + file);
        // ok: csharp.command-injection
        var fourth = new ProcessStartInfo("cmd.exe", "/c dir");
        return Ok(new[] { info, other, third, fourth });
    }

    [HttpPost("start")]
    public void Start()
    {
        var process = new Process();
        process.StartInfo.FileName = "git";
        // ruleid: csharp.command-injection
        process.StartInfo.Arguments = "log " + Request.Query["ref"];
        // ok: csharp.command-injection
        process.StartInfo.Arguments = "log HEAD";
        process.Start();
    }

    [HttpPost("tool")]
    public IActionResult Tool(string tool, string width)
    {
        if (!Tools.TryGetValue(tool, out var path))
        {
            return BadRequest();
        }
        // ok: csharp.command-injection
        Process.Start(path);
        var number = int.Parse(width);
        // ok: csharp.command-injection
        Process.Start("convert", $"in.png -resize {number} out.png");
        // ruleid: csharp.command-injection
        System.Diagnostics.Process.Start(tool);
        return Ok();
    }

    [HttpPost("checked")]
    public IActionResult Checked(string branch)
    {
        if (!Regex.IsMatch(branch, @"^[a-z0-9-]+$"))
        {
            return BadRequest();
        }
        // ok: csharp.command-injection
        Process.Start("git", "checkout " + branch);
        return Ok();
    }

    [HttpPost("later")]
    public async Task<IActionResult> Later(string command)
    {
        await Task.Run(() =>
        {
            // ruleid: csharp.command-injection
            Process.Start("bash", $"-c \"{command}\"");
        });
        Shell.Execute(command);
        return Ok();
    }

    [HttpPost("script")]
    public async Task<IActionResult> Script(string code)
    {
        // ruleid: csharp.code-injection
        var result = await CSharpScript.EvaluateAsync(code);
        // ok: csharp.code-injection
        var sum = await CSharpScript.EvaluateAsync("1 + 1");
        return Ok(new { result, sum });
    }

    [HttpPost("type")]
    public IActionResult Types(string type, string plugin)
    {
        // ruleid: csharp.code-injection
        var first = Activator.CreateInstance(Type.GetType(type));
        // ok: csharp.code-injection
        var second = Activator.CreateInstance(Type.GetType("Shop.Report"));
        // ruleid: csharp.code-injection
        var third = Assembly.LoadFrom(plugin);
        // ok: csharp.code-injection
        var fourth = Assembly.LoadFrom("plugins/core.dll");
        var name = plugin switch { "pdf" => "Shop.Pdf", "csv" => "Shop.Csv", _ => "Shop.None" };
        // ok: csharp.code-injection
        var fifth = Type.GetType(name);
        return Ok(new { first, second, third, fourth, fifth });
    }

    [HttpPost("compute")]
    public IActionResult Compute(string formula, string amount)
    {
        // ruleid: csharp.code-injection
        var result = new DataTable().Compute(formula, "");
        var value = decimal.Parse(amount);
        // ok: csharp.code-injection
        var other = new DataTable().Compute($"{value} * 2", "");
        return Ok(new { result, other });
    }
}

public class RunRequest
{
    public string Program { get; set; } = "";
}

public static class Shell
{
    public static void Execute(string line)
    {
        // ruleid: csharp.command-injection
        var info = new ProcessStartInfo("/bin/bash") { Arguments = "-c \"" + line + "\"" };
        Process.Start(info);
    }

    public static void Quiet(string line)
    {
        var info = new ProcessStartInfo("/bin/echo");
        info.ArgumentList.Add(line);
        // ok: csharp.command-injection
        Process.Start(info);
    }
}
