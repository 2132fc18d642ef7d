# Rails and plain Ruby: commands and code from what the request says.
require "open3"
require "shellwords"

class ToolsController < ApplicationController
  FORMATS = { "png" => "png", "jpg" => "jpeg" }.freeze
  REPORTS = { "daily" => DailyReport, "weekly" => WeeklyReport }.freeze
  ACTIONS = %i[start stop].freeze

  def ping
    # ruleid: ruby.command-injection
    system("ping -c 1 #{params[:host]}")
    # ok: ruby.command-injection
    system("ping", "-c", "1", params[:host])
    # ok: ruby.command-injection
    system("ping -c 1 #{Shellwords.escape(params[:host])}")
    # ok: ruby.command-injection
    system("ping -c 1 #{params[:host].shellescape}")
  end

  def lookup
    host = params[:host]
    # ruleid: ruby.command-injection
    @out = `nslookup #{host}`
    # ok: ruby.command-injection
    @load = `uptime`
    # ruleid: ruby.command-injection
    @dig = %x(dig #{host} +short)
  end

  def convert
    format = FORMATS.fetch(params[:format], "png")
    # ok: ruby.command-injection
    `convert in.svg out.#{format}`
    # ruleid: ruby.command-injection
    out, status = Open3.capture2("convert #{params[:file]} out.png")
    # ok: ruby.command-injection
    out, status = Open3.capture2("convert", params[:file], "out.png")
    # ruleid: ruby.command-injection
    Open3.popen3("identify " + params[:file]) { |i, o, e, t| o.read }
    # ok: ruby.command-injection
    Open3.popen3("identify", params[:file]) { |i, o, e, t| o.read }
  end

  def archive
    # ruleid: ruby.command-injection
    IO.popen("tar czf - #{params[:dir]}") { |io| io.read }
    # ok: ruby.command-injection
    IO.popen(["tar", "czf", "-", params[:dir]]) { |io| io.read }
    # ruleid: ruby.command-injection
    spawn("bash", "-c", params[:script])
    # ruleid: ruby.command-injection
    system("bash", "-c", params[:script])
  end

  def fetch_page
    # ruleid: ruby.command-injection
    @page = open(params[:url]).read
    # ok: ruby.command-injection
    @safe = URI.open("https://example.com/feed").read
  end

  def resize
    width = params[:width].to_i
    # ok: ruby.command-injection
    system("convert in.png -resize #{width} out.png")
    run_tool(params[:tool])
  end

  def checked
    name = params[:name]
    raise ArgumentError, "name" unless name =~ /\A[\w-]+\z/
    # ok: ruby.command-injection
    system("git tag #{name}")
  end

  def call
    # ruleid: ruby.code-injection
    current_user.send(params[:method])
    # ok: ruby.code-injection
    current_user.public_send(:name)
    action = params[:action_name]
    if %w[start stop].include?(action)
      # ok: ruby.code-injection
      current_user.public_send(action)
    end
  end

  def build
    # ruleid: ruby.code-injection
    klass = params[:type].constantize
    # ok: ruby.code-injection
    report = REPORTS.fetch(params[:type])
    # ruleid: ruby.code-injection
    other = Object.const_get(params[:type])
    # ok: ruby.code-injection
    known = "DailyReport".constantize
    [klass, report, other, known]
  end

  def compute
    # ruleid: ruby.code-injection
    @result = eval(params[:expression])
    # ok: ruby.code-injection
    @sum = eval("1 + 1")
    # ruleid: ruby.code-injection
    Calculator.new.instance_eval(params[:formula])
    # ok: ruby.code-injection
    Calculator.new.instance_eval { @total + 1 }
    # ruleid: ruby.code-injection
    Calculator.class_eval("def run; #{params[:body]}; end")
  end

  def template
    # ruleid: ruby.template-injection
    @page = ERB.new(params[:template]).result(binding)
    # ok: ruby.template-injection
    @fixed = ERB.new("<p><%= @name %></p>").result(binding)
    # ruleid: ruby.template-injection
    Liquid::Template.parse(params[:template]).render
  end

  private

  def run_tool(tool)
    return unless tool

    command = ["/opt/tools/run"]
    command << tool
    # ok: ruby.command-injection
    system(*command)
    # ruleid: ruby.command-injection
    system(command.join(" "))
  end
end
