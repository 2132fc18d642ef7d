using System.Data.SqlClient;
using System.Web;

namespace Shop.Data
{
    public class Repository
    {
        private readonly SqlConnection _db;
        private string _filter = "";

        public Repository(SqlConnection db) => _db = db;

        public string Filter { get => _filter; set => _filter = value; }

        private string Statement => "SELECT * FROM Items WHERE " + _filter;

        public SqlDataReader Run()
        {
            // ok: csharp.sql-injection
            using (var command = new SqlCommand(Statement, _db))
            {
                return command.ExecuteReader();
            }
        }

        public static SqlCommand Find(SqlConnection db, string name)
        {
            // ruleid: csharp.sql-injection
            return new SqlCommand("SELECT * FROM Items WHERE Name = '" + name + "'", db);
        }
    }

    public class ItemsHandler : IHttpHandler
    {
        public void ProcessRequest(HttpContext context)
        {
            var name = context.Request.QueryString["name"];
            var command = Repository.Find(Database.Open(), name);
            // ruleid: csharp.sql-injection
            var adapter = new SqlDataAdapter("SELECT * FROM Items WHERE Kind = '" + context.Request.Form["kind"] + "'", Database.Open());
            // ok: csharp.sql-injection
            var fixedAdapter = new SqlDataAdapter("SELECT * FROM Items", Database.Open());
            int id = Convert.ToInt32(context.Request.Params["id"]);
            // ok: csharp.sql-injection
            var byId = new SqlCommand("SELECT * FROM Items WHERE Id = " + id, Database.Open());
            Guid key = Guid.Parse(context.Request["key"]);
            // ok: csharp.sql-injection
            var byKey = new SqlCommand($"SELECT * FROM Items WHERE ItemKey = '{key}'", Database.Open());
        }
    }
}
