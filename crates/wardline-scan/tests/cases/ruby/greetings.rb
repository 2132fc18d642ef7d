# Sinatra: the value of a route is the page.
require "sinatra"

get "/hello" do
  # ruleid: ruby.xss
  "Hello #{params[:name]}"
end

get "/hello-safe" do
  # ok: ruby.xss
  "Hello #{Rack::Utils.escape_html(params[:name])}"
end

get "/echo" do
  # ruleid: ruby.xss
  params[:text]
end

post "/comment" do
  name = params["name"].to_s.strip
  # ruleid: ruby.xss
  "<p>Thanks, " + name
end

get "/age" do
  # ok: ruby.xss
  "You are #{params[:age].to_i} years old"
end

get "/page" do
  # ok: ruby.xss
  erb :page, locals: { name: params[:name] }
end
