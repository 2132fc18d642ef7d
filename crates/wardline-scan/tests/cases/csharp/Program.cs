using System.Diagnostics;
using Dapper;

var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();

app.MapGet("/items", async (string name, IDbConnection db) =>
{
    // ruleid: csharp.sql-injection
    var items = await db.QueryAsync<Item>($"SELECT * FROM Items WHERE Name = '{name}'");
    // ok: csharp.sql-injection
    var safe = await db.QueryAsync<Item>("SELECT * FROM Items WHERE Name = @name", new { name });
    return Results.Ok(new { items, safe });
});

// ruleid: csharp.xss
app.MapGet("/hello", (string name) => Results.Content("<h1>" + name + "</h1>", "text/html"));
// ok: csharp.xss
app.MapGet("/hi", (string name) => Results.Content("<h1>" + HtmlEncoder.Default.Encode(name) + "</h1>", "text/html"));
// ruleid: csharp.open-redirect
app.MapGet("/out", (string url) => Results.Redirect(url));
// ok: csharp.open-redirect
app.MapGet("/in", (string url) => Results.LocalRedirect(url));
// ok: csharp.open-redirect
app.MapGet("/item/{id}", (int id) => Results.Redirect($"/items/{id}"));

app.MapPost("/run", (HttpContext context) =>
{
    // ruleid: csharp.command-injection
    Process.Start("sh", "-c " + context.Request.Query["line"]);
    return Results.Ok();
});

app.MapGet("/file", (HttpRequest request) =>
{
    // ruleid: csharp.path-traversal
    return Results.Text(File.ReadAllText("/srv/" + request.Query["name"]));
});

app.Run();
