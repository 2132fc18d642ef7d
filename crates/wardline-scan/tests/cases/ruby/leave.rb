# Sinatra: where the browser is sent.
require "sinatra"

get "/leave" do
  # ruleid: ruby.open-redirect
  redirect params[:to]
end

get "/out" do
  # ruleid: ruby.open-redirect
  redirect to_external(params["url"])
end

get "/home" do
  # ok: ruby.open-redirect
  redirect "/home/#{params[:tab].to_i}"
end

def to_external(url)
  url.start_with?("http") ? url : "http://#{url}"
end
