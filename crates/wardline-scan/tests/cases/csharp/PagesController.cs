using System.Net;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Html;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Rendering;

namespace Shop.Controllers;

public class PagesController : Controller
{
    private readonly HtmlEncoder _encoder;

    public PagesController(HtmlEncoder encoder) => _encoder = encoder;

    public IActionResult Hello(string name)
    {
        // ruleid: csharp.xss
        return Content($"<h1>Hello {name}</h1>", "text/html");
    }

    public IActionResult HelloSafe(string name)
    {
        // ok: csharp.xss
        return Content($"<h1>Hello {_encoder.Encode(name)}</h1>", "text/html");
    }

    public IActionResult HelloText(string name)
    {
        // ok: csharp.xss
        return Content($"Hello {name}", "text/plain");
    }

    public IActionResult HelloView(string name)
    {
        // ok: csharp.xss
        return View("Hello", name);
    }

    public IActionResult Result(string body)
    {
        // ruleid: csharp.xss
        return new ContentResult { Content = body, ContentType = "text/html" };
    }

    public IActionResult ResultSafe(string body)
    {
        // ok: csharp.xss
        return new ContentResult { Content = WebUtility.HtmlEncode(body), ContentType = "text/html" };
    }

    public IActionResult Html(string banner)
    {
        // ruleid: csharp.xss
        ViewBag.Banner = new HtmlString("<b>" + banner + "</b>");
        // ok: csharp.xss
        ViewBag.Safe = new HtmlString("<b>" + HtmlEncoder.Default.Encode(banner) + "</b>");
        // ok: csharp.xss
        ViewBag.Fixed = new HtmlString("<hr>");
        return View();
    }

    public async Task Write()
    {
        string text = Request.Form["text"];
        Response.ContentType = "text/html";
        // ruleid: csharp.xss
        await Response.WriteAsync("<p>" + text + "</p>");
        // ok: csharp.xss
        await Response.WriteAsync("<p>" + HtmlEncoder.Default.Encode(text) + "</p>");
        // ok: csharp.xss
        await Response.WriteAsync($"<p>{text.Length} characters</p>");
    }

    public IActionResult Count(string count)
    {
        var number = int.Parse(count);
        // ok: csharp.xss
        return Content($"<b>{number}</b>", "text/html");
    }

    public IActionResult Items(string[] items)
    {
        var list = string.Join("", items.Select(item => $"<li>{item}</li>"));
        // ruleid: csharp.xss
        return Content("<ul>" + list + "</ul>", "text/html");
    }

    public IActionResult ItemsSafe(string[] items)
    {
        var list = string.Join("", items.Select(item => $"<li>{_encoder.Encode(item)}</li>"));
        // ok: csharp.xss
        return Content("<ul>" + list + "</ul>", "text/html");
    }

    public IActionResult Agent()
    {
        // ruleid: csharp.xss
        return Content("<i>" + Request.Headers["User-Agent"] + "</i>", "text/html");
    }

    public IActionResult Theme(string theme)
    {
        var style = theme == "dark" ? "dark" : "light";
        // ok: csharp.xss
        return Content($"<body class='{style}'>", "text/html");
    }

    public IActionResult Wrapped(string note)
    {
        // ruleid: csharp.xss
        return Content(Wrap(note), "text/html");
    }

    public IActionResult Tag(string title)
    {
        var builder = new TagBuilder("h1");
        // ruleid: csharp.xss
        builder.InnerHtml.AppendHtml(title);
        // ok: csharp.xss
        builder.InnerHtml.Append(title);
        // ruleid: csharp.xss
        ViewBag.Raw = HtmlHelper.Raw(Request.Cookies["greeting"]);
        return View(builder);
    }

    public IActionResult Cookie()
    {
        var greeting = Request.Cookies["greeting"] ?? "Hi";
        // ruleid: csharp.xss
        return Content("<p>" + greeting.Trim() + "</p>", "text/html; charset=utf-8");
    }

    private static string Wrap(string text) => "<div>" + text + "</div>";
}

public class OldPage : System.Web.UI.Page
{
    protected void Page_Load(object sender, EventArgs e)
    {
        // ruleid: csharp.xss
        Response.Write("Hello " + Request.QueryString["name"]);
        // ok: csharp.xss
        Response.Write("Hello " + Server.HtmlEncode(Request.QueryString["name"]));
        // ruleid: csharp.xss
        Panel.InnerHtml = Request["text"];
        // ok: csharp.xss
        Panel.InnerText = Request["text"];
    }
}
