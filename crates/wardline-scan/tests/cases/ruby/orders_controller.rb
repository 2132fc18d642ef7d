# Rails: queries from what the request says.
class OrdersController < ApplicationController
  SORTABLE = %w[created_at total status].freeze
  COLUMNS = { "date" => "created_at", "sum" => "total" }.freeze

  before_action :require_login

  def index
    # ruleid: ruby.sql-injection
    @orders = Order.where("status = '#{params[:status]}'")
    # ok: ruby.sql-injection
    @open = Order.where("status = ?", params[:status])
    # ok: ruby.sql-injection
    @mine = Order.where(user_id: params[:user_id], status: params[:status])
  end

  def search
    term = params.fetch(:q, "").strip
    # ruleid: ruby.sql-injection
    Order.joins(:customer).where("customers.name LIKE '%" + term + "%'").limit(20)
    # ok: ruby.sql-injection
    Order.joins(:customer).where("customers.name LIKE ?", "%#{term}%").limit(20)
    # ok: ruby.sql-injection
    Order.joins(:customer).where("customers.name LIKE :q", q: "%#{term}%")
  end

  def sorted
    # ruleid: ruby.sql-injection
    @orders = Order.order(params[:sort])
    direction = params[:dir] == "desc" ? "desc" : "asc"
    # ok: ruby.sql-injection
    @by_date = Order.order("created_at #{direction}")
    sort = params[:sort]
    sort = "created_at" unless SORTABLE.include?(sort)
    # ok: ruby.sql-injection
    @listed = Order.order("#{sort} desc")
    # ok: ruby.sql-injection
    @mapped = Order.order(COLUMNS.fetch(params[:sort], "id"))
  end

  def report
    sql = <<~SQL
      SELECT status, SUM(total) FROM orders
      WHERE region = '#{params[:region]}'
      GROUP BY status
    SQL
    # ruleid: ruby.sql-injection
    @rows = ActiveRecord::Base.connection.execute(sql)
    # ok: ruby.sql-injection
    @all = ActiveRecord::Base.connection.execute("SELECT status, SUM(total) FROM orders GROUP BY status")
    quoted = ActiveRecord::Base.connection.quote(params[:region])
    # ok: ruby.sql-injection
    @safe = ActiveRecord::Base.connection.select_all("SELECT * FROM orders WHERE region = #{quoted}")
  end

  def by_ids
    ids = params[:ids].map(&:to_i).join(",")
    # ok: ruby.sql-injection
    @orders = Order.where("id IN (#{ids})")
    raw_ids = params[:ids].join(",")
    # ruleid: ruby.sql-injection
    @others = Order.where("id IN (#{raw_ids})")
  end

  def legacy
    # ruleid: ruby.sql-injection
    @order = Order.find_by_sql("SELECT * FROM orders WHERE number = '#{params[:number]}'").first
    # ok: ruby.sql-injection
    @other = Order.find_by_sql(["SELECT * FROM orders WHERE number = ?", params[:number]]).first
    # ruleid: ruby.sql-injection
    @third = Order.find_by_sql(["SELECT * FROM orders WHERE number = '#{params[:number]}'"])
  end

  def names
    # ruleid: ruby.sql-injection
    render json: Order.pluck(Arel.sql(params[:column]))
  end

  def update_all
    # ruleid: ruby.sql-injection
    Order.where(user: current_user).update_all("note = '#{params[:note]}'")
    # ok: ruby.sql-injection
    Order.where(user: current_user).update_all(note: params[:note])
  end

  def known
    # ok: ruby.sql-injection
    lookup_context.exists?(params[:template])
    # ruleid: ruby.sql-injection
    Order.exists?("number = '#{params[:number]}'")
  end

  def page
    offset = Integer(params[:page]) * 20
    # ok: ruby.sql-injection
    @orders = Order.find_by_sql("SELECT * FROM orders LIMIT 20 OFFSET #{offset}")
  end

  def guarded
    return head(:bad_request) unless params[:code].match?(/\A[a-z0-9_]+\z/)

    # ok: ruby.sql-injection
    @order = Order.where("code = '#{params[:code]}'").first
  end

  def half_guarded
    return head(:bad_request) unless params[:code].match?(/^[a-z0-9_]+$/)

    # ruleid: ruby.sql-injection
    @order = Order.where("code = '#{params[:code]}'").first
  end

  def filtered
    @orders = scope_for(order_params[:state])
  end

  def chosen
    column =
      case params[:by]
      when "date" then "created_at"
      when "total" then "total"
      else "id"
      end
    # ok: ruby.sql-injection
    @orders = Order.order("#{column} ASC")
  end

  def destroy
    @order = Order.find(params[:id])
    # ok: ruby.sql-injection
    Order.where("parent_id = #{@order.id}").count
    @order.destroy if @order.present?
  end

  private

  def scope_for(state)
    # ruleid: ruby.sql-injection
    Order.where("state = '#{state}'")
  end

  def order_params
    params.require(:order).permit(:state, :note)
  end
end
