using System.Data;
using Dapper;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;

namespace Shop.Controllers;

[ApiController]
[Route("api/orders")]
public class OrdersController : ControllerBase
{
    private const string Base = "SELECT * FROM Orders";
    private static readonly HashSet<string> Columns = new() { "Created", "Total" };
    private static readonly Dictionary<string, string> Sorts = new() { ["date"] = "Created", ["sum"] = "Total" };
    private readonly ShopContext _context;
    private readonly IDbConnection _connection;

    public OrdersController(ShopContext context, IDbConnection connection)
    {
        _context = context;
        _connection = connection;
    }

    [HttpGet]
    public async Task<IActionResult> Find(string status)
    {
        // ruleid: csharp.sql-injection
        var orders = await _context.Orders.FromSqlRaw("SELECT * FROM Orders WHERE Status = '" + status + "'").ToListAsync();
        // ok: csharp.sql-injection
        var safe = await _context.Orders.FromSqlRaw("SELECT * FROM Orders WHERE Status = {0}", status).ToListAsync();
        // ok: csharp.sql-injection
        var interpolated = await _context.Orders.FromSqlInterpolated($"SELECT * FROM Orders WHERE Status = {status}").ToListAsync();
        // ok: csharp.sql-injection
        var linq = await _context.Orders.Where(order => order.Status == status).ToListAsync();
        return Ok(new { orders, safe, interpolated, linq });
    }

    [HttpGet("by-name")]
    public IActionResult ByName([FromQuery] string name)
    {
        // ruleid: csharp.sql-injection
        var first = _connection.QueryFirstOrDefault<Order>($"{Base} WHERE Name = '{name}'");
        // ok: csharp.sql-injection
        var second = _connection.QueryFirstOrDefault<Order>($"{Base} WHERE Name = @name", new { name });
        return Ok(first ?? second);
    }

    [HttpGet("{id:int}")]
    public IActionResult One(int id)
    {
        // ok: csharp.sql-injection
        return Ok(_connection.QuerySingle<Order>($"{Base} WHERE Id = {id}"));
    }

    [HttpGet("command")]
    public IActionResult Command(string region)
    {
        using var connection = new SqlConnection("Server=db");
        // ruleid: csharp.sql-injection
        using var command = new SqlCommand("SELECT * FROM Orders WHERE Region = '" + region + "'", connection);
        // ok: csharp.sql-injection
        using var other = new SqlCommand("SELECT * FROM Orders WHERE Region = @region", connection);
        other.Parameters.AddWithValue("@region", region);
        using var third = connection.CreateCommand();
        // ruleid: csharp.sql-injection
        third.CommandText = string.Format("SELECT * FROM Orders WHERE Region = '{0}'", region);
        // ok: csharp.sql-injection
        third.CommandText = "SELECT * FROM Orders WHERE Region = @region";
        return Ok(command.ExecuteReader());
    }

    [HttpGet("sorted")]
    public IActionResult Sorted(string sort, string direction)
    {
        // ruleid: csharp.sql-injection
        var first = _connection.Query<Order>($"{Base} ORDER BY {sort}");
        var column = Sorts.TryGetValue(sort, out var known) ? known : "Id";
        // ok: csharp.sql-injection
        var second = _connection.Query<Order>($"{Base} ORDER BY {column}");
        var way = direction == "desc" ? "DESC" : "ASC";
        // ok: csharp.sql-injection
        var third = _connection.Query<Order>($"{Base} ORDER BY Id {way}");
        if (!Columns.Contains(sort))
        {
            return BadRequest();
        }
        // ok: csharp.sql-injection
        var fourth = _connection.Query<Order>($"{Base} ORDER BY {sort}");
        return Ok(new { first, second, third, fourth });
    }

    [HttpGet("page")]
    public IActionResult Page(string page)
    {
        if (!int.TryParse(page, out var number))
        {
            return BadRequest();
        }
        // ok: csharp.sql-injection
        var orders = _connection.Query<Order>($"{Base} ORDER BY Id OFFSET {number * 20} ROWS");
        // ruleid: csharp.sql-injection
        var raw = _connection.Query<Order>($"{Base} ORDER BY Id OFFSET {page} ROWS");
        return Ok(new { orders, raw });
    }

    [HttpPost("search")]
    public async Task<IActionResult> Search([FromBody] SearchRequest request)
    {
        var sql = new StringBuilder("SELECT * FROM Orders WHERE 1 = 1");
        if (request.Name is not null)
        {
            sql.Append(" AND Name LIKE '%").Append(request.Name).Append("%'");
        }
        // ruleid: csharp.sql-injection
        var orders = await _connection.QueryAsync<Order>(sql.ToString());
        var safe = new StringBuilder("SELECT * FROM Orders WHERE 1 = 1");
        if (request.Name is not null)
        {
            safe.Append(" AND Name LIKE @name");
        }
        // ok: csharp.sql-injection
        var others = await _connection.QueryAsync<Order>(safe.ToString(), new { name = $"%{request.Name}%" });
        return Ok(new { orders, others });
    }

    [HttpDelete]
    public async Task<IActionResult> Remove()
    {
        string? code = Request.Query["code"];
        // ruleid: csharp.sql-injection
        await _context.Database.ExecuteSqlRawAsync($"DELETE FROM Orders WHERE Code = '{code}'");
        // ok: csharp.sql-injection
        await _context.Database.ExecuteSqlInterpolatedAsync($"DELETE FROM Orders WHERE Code = {code}");
        // ok: csharp.sql-injection
        await _context.Database.ExecuteSqlRawAsync("DELETE FROM Orders WHERE Code = {0}", code);
        return NoContent();
    }

    [HttpGet("kinds")]
    public IActionResult Kinds(string kind)
    {
        var table = kind switch
        {
            "open" => "OpenOrders",
            "closed" => "ClosedOrders",
            _ => "Orders",
        };
        // ok: csharp.sql-injection
        var rows = _connection.Query<Order>("SELECT * FROM " + table);
        if (Regex.IsMatch(kind, "^[a-z]+$"))
        {
            // ok: csharp.sql-injection
            rows = _connection.Query<Order>("SELECT * FROM " + kind);
        }
        return Ok(rows);
    }

    [HttpGet("ids")]
    public IActionResult Ids([FromQuery] string ids)
    {
        var numbers = ids.Split(',').Select(int.Parse);
        // ok: csharp.sql-injection
        var first = _connection.Query<Order>($"{Base} WHERE Id IN ({string.Join(",", numbers)})");
        // ruleid: csharp.sql-injection
        var second = _connection.Query<Order>($"{Base} WHERE Id IN ({ids})");
        return Ok(Filtered(ids, first));
    }

    private object Filtered(string condition, object before)
    {
        // ruleid: csharp.sql-injection
        return _connection.ExecuteScalar("SELECT COUNT(*) FROM Orders WHERE " + condition);
    }

    [HttpPost("legacy")]
    public IActionResult Legacy(IFormCollection form)
    {
        foreach (var key in form.Keys)
        {
            // ruleid: csharp.sql-injection
            _connection.Execute("UPDATE Orders SET Note = '" + form[key] + "'");
        }
        return Ok();
    }
}

public record SearchRequest(string? Name, int Limit);
