# Rails and Sinatra: where the browser is sent.
class SessionsController < ApplicationController
  HOSTS = %w[example.com app.example.com].freeze
  PLACES = { "home" => "/", "cart" => "/cart" }.freeze

  def create
    # ruleid: ruby.open-redirect
    redirect_to params[:return_to]
  end

  def create_or_root
    # ruleid: ruby.open-redirect
    redirect_to params[:return_to] || root_path
  end

  def create_presence
    target = params[:next].presence || "/"
    # ruleid: ruby.open-redirect
    redirect_to(target, notice: "Welcome")
  end

  def local_only
    # ok: ruby.open-redirect
    redirect_to params[:return_to], allow_other_host: false
  end

  def from_url
    # ok: ruby.open-redirect
    redirect_to url_from(params[:return_to]) || root_path
  end

  def only_path
    # ok: ruby.open-redirect
    redirect_to url_for(params.permit(:controller, :action).merge(x: 1), only_path: true)
  end

  def to_path_of
    # ok: ruby.open-redirect
    redirect_to URI.parse(params[:return_to]).path
  end

  def record
    @user = User.new(user_params)
    if @user.save
      # ok: ruby.open-redirect
      redirect_to @user, notice: "Created"
    else
      render :new, status: :unprocessable_entity
    end
  end

  def helper_path
    # ok: ruby.open-redirect
    redirect_to user_path(params[:id])
  end

  def named
    # ok: ruby.open-redirect
    redirect_to action: :show, id: params[:id]
  end

  def mapped
    # ok: ruby.open-redirect
    redirect_to PLACES.fetch(params[:place], "/")
  end

  def back
    # ok: ruby.open-redirect
    redirect_back fallback_location: root_path
  end

  def found
    # ok: ruby.open-redirect
    redirect_to Post.find(params[:id])
  end

  def hosted
    uri = URI.parse(params[:url])
    if HOSTS.include?(uri.host)
      # ok: ruby.open-redirect
      redirect_to uri.to_s
    else
      redirect_to "/"
    end
  end

  def cookie
    # ruleid: ruby.open-redirect
    redirect_to cookies[:last_page]
  end

  def interpolated
    # ruleid: ruby.open-redirect
    redirect_to "#{params[:scheme]}://#{params[:host]}/login"
  end

  def header
    # ruleid: ruby.open-redirect
    response.headers["Location"] = params[:to]
    head :found
  end

  def permitted
    # ruleid: ruby.open-redirect
    redirect_to login_params[:next], status: :see_other
  end

  def through_method
    # ok: ruby.open-redirect
    redirect_to fixed_target
  end

  def through_other
    # ruleid: ruby.open-redirect
    redirect_to wanted_target
  end

  def fetched
    # ruleid: ruby.open-redirect
    redirect_to params.fetch(:url) { root_url }
  end

  def conditional
    url = params[:url]
    url = root_url if url.blank?
    # ruleid: ruby.open-redirect
    redirect_to url
  end

  private

  def fixed_target
    params[:admin] ? "/admin" : "/"
  end

  def wanted_target
    params[:target] || "/"
  end

  def login_params
    params.require(:login).permit(:next)
  end

  def user_params
    params.require(:user).permit(:name)
  end
end
