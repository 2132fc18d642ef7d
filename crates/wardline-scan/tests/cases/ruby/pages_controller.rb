# Rails: pages from what the request says.
class PagesController < ApplicationController
  def show
    @title = params[:title]
    # ruleid: ruby.xss
    @heading = "<h1>#{params[:title]}</h1>".html_safe
    # ok: ruby.xss
    @escaped = "<h1>#{ERB::Util.h(params[:title])}</h1>".html_safe
    # ok: ruby.xss
    @tag = content_tag(:h1, params[:title])
  end

  def preview
    # ruleid: ruby.xss
    render inline: "<p>#{params[:body]}</p>"
  end

  def markup
    # ruleid: ruby.xss
    render html: params[:body].html_safe
  end

  def escaped
    # ok: ruby.xss
    render html: params[:body]
  end

  def cleaned
    # ok: ruby.xss
    render html: ActionController::Base.helpers.sanitize(params[:body])
  end

  def plain
    # ok: ruby.xss
    render plain: "Hello #{params[:name]}"
  end

  def data
    # ok: ruby.xss
    render json: { name: params[:name] }
  end

  def banner
    text = params[:text].presence || "Welcome"
    # ruleid: ruby.xss
    @banner = helpers.raw("<marquee>#{text}</marquee>") + raw(text)
    # ok: ruby.xss
    @field = text_field_tag("q", params[:q]).html_safe
    count = params[:count].to_i
    # ok: ruby.xss
    @badge = raw("<b>#{count}</b>")
  end

  def joined
    # ruleid: ruby.xss
    @list = params[:tags].map { |tag| "<li>#{tag}</li>" }.join.html_safe
    # ok: ruby.xss
    @safe_list = params[:tags].map { |tag| "<li>#{h(tag)}</li>" }.join.html_safe
  end

  def buffer
    # ruleid: ruby.xss
    @out = ActiveSupport::SafeBuffer.new(cookies[:greeting])
    # ok: ruby.xss
    @fixed = ActiveSupport::SafeBuffer.new("<hr>")
  end

  def agent
    # ruleid: ruby.xss
    @agent = raw(request.user_agent)
    # ok: ruby.xss
    @agent_text = raw(CGI.escapeHTML(request.user_agent))
  end

  def themed
    theme = params[:theme]
    theme = "light" unless %w[light dark].include?(theme)
    # ok: ruby.xss
    @style = "<body class='#{theme}'>".html_safe
  end

  def stored
    @post = Post.find(params[:id])
    # ok: ruby.xss
    @body = sanitize(@post.body).html_safe
  end

  def assembled
    @card = wrap(params[:note])
  end

  def labelled
    @label = decorate(params[:note])
  end

  private

  def wrap(text)
    # ruleid: ruby.xss
    "<div>#{text}</div>".html_safe
  end

  def decorate(text)
    # ok: ruby.xss
    "<em>#{CGI.escapeHTML(text)}</em>".html_safe
  end
end
