# Sinatra with PG, Sequel and services between them.
require "sinatra/base"
require "pg"

class Query
  attr_reader :filter

  def initialize(filter)
    @filter = filter
    @parts = []
  end

  def add(text)
    @parts << text
    self
  end

  def run(connection)
    # ruleid: ruby.sql-injection
    connection.exec("SELECT * FROM items WHERE " + @parts.join(" AND "))
  end

  def safe(connection)
    # ok: ruby.sql-injection
    connection.exec_params("SELECT * FROM items WHERE name = $1", [filter])
  end

  def self.count(db, table)
    # ruleid: ruby.sql-injection
    db.query("SELECT COUNT(*) FROM #{table}")
  end
end

class Shop < Sinatra::Base
  TABLES = { "items" => "items", "orders" => "orders" }.freeze

  get "/items" do
    query = Query.new(params["name"])
    query.add("name = '#{params["name"]}'")
    query.run(connection)
    Query.count(db, params["table"])
    "ok"
  end

  get "/raw" do
    # ruleid: ruby.sql-injection
    rows = DB.fetch("SELECT * FROM items WHERE kind = '#{params[:kind]}'").all
    # ok: ruby.sql-injection
    rows += DB.fetch("SELECT * FROM items WHERE kind = ?", params[:kind]).all
    table = TABLES[params[:table]] || "items"
    # ok: ruby.sql-injection
    rows += DB.fetch("SELECT * FROM #{table}").all
    json rows
  end

  post "/login" do
    user, password = params.values_at("user", "password")
    # ruleid: ruby.sql-injection
    db.execute("SELECT * FROM users WHERE name = '%s'" % user)
    # ok: ruby.sql-injection
    db.execute("SELECT * FROM users WHERE name = ? AND hash = ?", [user, Digest::SHA256.hexdigest(password)])
    sql = +"SELECT * FROM users WHERE 1 = 1"
    sql << " AND name = '#{user}'" if user
    # ruleid: ruby.sql-injection
    db.execute(sql)
    json []
  end
end
