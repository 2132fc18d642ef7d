class Jobs
  def plain
    text = Wire.read
    # ruleid: t-ruby
    Engine.run("run #{text}")
    # ok: t-ruby
    Engine.run(Clean.text(text))
    # ok: t-ruby-inside
    publish(text)
  end
end

class Admin
  def plain
    # ruleid: t-ruby-inside
    publish(Wire.read)
  end
end
