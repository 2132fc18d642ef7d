# Rails: files that the request names.
class FilesController < ApplicationController
  ROOT = "/srv/files".freeze
  TEMPLATES = { "terms" => "terms.html", "privacy" => "privacy.html" }.freeze

  def show
    # ruleid: ruby.path-traversal
    @text = File.read("/srv/files/#{params[:name]}")
    # ok: ruby.path-traversal
    @safe = File.read("/srv/files/#{File.basename(params[:name])}")
  end

  def download
    path = File.join(ROOT, params[:path])
    # ruleid: ruby.path-traversal
    send_file path, disposition: "attachment"
  end

  def download_checked
    path = File.expand_path(params[:path], ROOT)
    raise ActionController::RoutingError, "no" unless path.start_with?(ROOT + "/")
    # ok: ruby.path-traversal
    send_file path
  end

  def upload
    file = params[:file]
    # ruleid: ruby.path-traversal
    File.open(Rails.root.join("uploads", file.original_filename), "wb") do |out|
      out.write(file.read)
    end
    # ok: ruby.path-traversal
    File.open(Rails.root.join("uploads", "#{SecureRandom.uuid}.bin"), "wb") do |out|
      out.write(file.read)
    end
  end

  def template
    # ruleid: ruby.path-traversal
    render file: params[:page]
  end

  def template_listed
    # ok: ruby.path-traversal
    render file: Rails.root.join("public", TEMPLATES.fetch(params[:page], "terms.html"))
  end

  def list
    # ruleid: ruby.path-traversal
    @entries = Dir.entries(params[:dir])
    # ok: ruby.path-traversal
    @root = Dir.entries(ROOT)
    # ruleid: ruby.path-traversal
    @found = Dir.glob("#{ROOT}/#{params[:pattern]}")
  end

  def remove
    # ruleid: ruby.path-traversal
    FileUtils.rm_rf(File.join(ROOT, params[:name]))
    # ok: ruby.path-traversal
    FileUtils.rm_rf(File.join(ROOT, params[:id].to_i.to_s))
    # ruleid: ruby.path-traversal
    File.delete(ROOT + "/" + params[:name])
    name = params[:name]
    if name.match?(/\A[a-z0-9_-]+\z/)
      # ok: ruby.path-traversal
      File.delete(ROOT + "/" + name)
    end
  end

  def locale
    # ruleid: ruby.path-traversal
    @strings = YAML.load_file("config/locales/#{cookies[:locale]}.yml")
    locale = cookies[:locale]
    locale = "en" unless I18n.available_locales.include?(locale)
    # ok: ruby.path-traversal
    @other = YAML.load_file("config/locales/#{locale}.yml")
  end

  def plugin
    # ruleid: ruby.path-traversal
    load "plugins/#{params[:plugin]}.rb"
    # ok: ruby.path-traversal
    load "plugins/core.rb"
  end

  def pathname
    # ruleid: ruby.path-traversal
    @text = Rails.root.join("docs", params[:doc]).read
    # ok: ruby.path-traversal
    @readme = Rails.root.join("docs", "readme.md").read
  end

  def copy
    source, target = params.values_at(:from, :to)
    # ruleid: ruby.path-traversal
    FileUtils.cp(File.join(ROOT, source), "/tmp/copy")
    # ok: ruby.path-traversal
    FileUtils.cp("/srv/default.txt", File.join(ROOT, File.basename(target)))
  end

  def attachment
    @attachment = current_user.attachments.find(params[:id])
    # ok: ruby.path-traversal
    send_file Rails.root.join("storage", "#{params[:id].to_i}.pdf")
  end

  def avatar
    render plain: store.read_all(params[:user])
  end

  private

  def store
    Store.new(ROOT)
  end
end

class Store
  def initialize(root)
    @root = root
  end

  def read_all(name)
    # ruleid: ruby.path-traversal
    File.binread("#{@root}/#{name}")
  end

  def read_known(name)
    safe = File.basename(name)
    # ok: ruby.path-traversal
    File.binread("#{@root}/#{safe}")
  end
end
