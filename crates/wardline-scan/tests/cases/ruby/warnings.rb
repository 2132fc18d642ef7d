# What warns and does not block.
require "net/http"
require "openssl"

class ImportsController < ApplicationController
  def session_data
    # ruleid: ruby.deserialization
    @data = Marshal.load(Base64.decode64(cookies[:data]))
    # ruleid: ruby.deserialization
    @config = YAML.load(params[:config])
    # ok: ruby.deserialization
    @safe = YAML.safe_load(params[:config])
    # ok: ruby.deserialization
    @json = JSON.parse(params[:config])
  end

  def proxy
    # ruleid: ruby.ssrf
    @body = Net::HTTP.get(URI(params[:url]))
    # ruleid: ruby.ssrf
    @other = Faraday.get(params[:url])
    # ok: ruby.ssrf
    @fixed = Faraday.get("https://api.example.com/items")
  end

  def insecure
    http = Net::HTTP.new("api.example.com", 443)
    # ruleid: ruby.tls-verification
    http.verify_mode = OpenSSL::SSL::VERIFY_NONE
    # ok: ruby.tls-verification
    http.verify_mode = OpenSSL::SSL::VERIFY_PEER
    # ruleid: ruby.tls-verification
    Faraday.new("https://api.example.com", ssl: { verify: false })
  end

  def sums
    # ruleid: ruby.weak-crypto
    @md5 = Digest::MD5.hexdigest(params[:password])
    # ok: ruby.weak-crypto
    @sha = Digest::SHA256.hexdigest(params[:text])
    # ruleid: ruby.weak-crypto
    @cipher = OpenSSL::Cipher.new("DES-EDE3-CBC")
    # ok: ruby.weak-crypto
    @gcm = OpenSSL::Cipher.new("aes-256-gcm")
  end
end
