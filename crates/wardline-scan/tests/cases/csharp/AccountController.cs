using Microsoft.AspNetCore.Mvc;

namespace Shop.Controllers;

public class AccountController : Controller
{
    private static readonly string[] Places = { "/home", "/cart" };

    [HttpPost]
    public IActionResult Login(string returnUrl)
    {
        // ruleid: csharp.open-redirect
        return Redirect(returnUrl);
    }

    [HttpPost]
    public IActionResult LoginOrHome(string? returnUrl)
    {
        // ruleid: csharp.open-redirect
        return Redirect(returnUrl ?? "/");
    }

    [HttpPost]
    public IActionResult LoginLocal(string returnUrl)
    {
        // ok: csharp.open-redirect
        return LocalRedirect(returnUrl);
    }

    [HttpPost]
    public IActionResult LoginChecked(string returnUrl)
    {
        if (Url.IsLocalUrl(returnUrl))
        {
            // ok: csharp.open-redirect
            return Redirect(returnUrl);
        }
        return RedirectToAction("Index", "Home");
    }

    [HttpPost]
    public IActionResult LoginRefused(string returnUrl)
    {
        if (!Url.IsLocalUrl(returnUrl))
        {
            return BadRequest();
        }
        // ok: csharp.open-redirect
        return Redirect(returnUrl);
    }

    public IActionResult LoginWrong(string returnUrl)
    {
        if (!Url.IsLocalUrl(returnUrl))
        {
            // ruleid: csharp.open-redirect
            return Redirect(returnUrl);
        }
        return RedirectToAction("Index");
    }

    public IActionResult Choice(string returnUrl)
    {
        var target = Url.IsLocalUrl(returnUrl) ? returnUrl : "/";
        // ok: csharp.open-redirect
        return Redirect(target);
    }

    public IActionResult Permanent()
    {
        // ruleid: csharp.open-redirect
        return RedirectPermanent(Request.Query["to"]);
    }

    public IActionResult Result([FromQuery(Name = "u")] string url)
    {
        // ruleid: csharp.open-redirect
        return new RedirectResult(url);
    }

    public void Header()
    {
        // ruleid: csharp.open-redirect
        Response.Redirect(Request.Cookies["last"]);
        // ok: csharp.open-redirect
        Response.Redirect("/login");
        // ruleid: csharp.open-redirect
        Response.Headers["Location"] = Request.Form["next"];
    }

    public IActionResult Built(string host)
    {
        // ruleid: csharp.open-redirect
        return Redirect($"https://{host}/login");
    }

    public IActionResult Query(string search)
    {
        // ok: csharp.open-redirect
        return Redirect(Url.Action("Index", "Search", new { search }));
    }

    public IActionResult Named(string id)
    {
        // ok: csharp.open-redirect
        return RedirectToAction("Show", new { id });
    }

    public IActionResult Place(string place)
    {
        if (Places.Contains(place))
        {
            // ok: csharp.open-redirect
            return Redirect(place);
        }
        // ok: csharp.open-redirect
        return Redirect("/home");
    }

    public IActionResult Number(string page)
    {
        // ok: csharp.open-redirect
        return Redirect("/list?page=" + int.Parse(page));
    }

    public IActionResult PathOnly(string url)
    {
        // ok: csharp.open-redirect
        return Redirect(new Uri(url).PathAndQuery);
    }

    public IActionResult ByMethod()
    {
        // ruleid: csharp.open-redirect
        return Redirect(Target());
    }

    public IActionResult Preserve(LoginModel model)
    {
        // ruleid: csharp.open-redirect
        return RedirectPreserveMethod(model.ReturnUrl);
    }

    public async Task<IActionResult> Later(string next)
    {
        await Task.Delay(1);
        var url = next.StartsWith("http") ? next : "https://" + next;
        // ruleid: csharp.open-redirect
        return Redirect(url);
    }

    private string Target()
    {
        return Request.Query["target"];
    }
}

public class LoginModel
{
    public string ReturnUrl { get; set; } = "/";
}
