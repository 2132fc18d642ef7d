class Jobs {
    void plain() {
        String text = wire.read();
        // ruleid: t-java
        engine.run("run " + text);
        // ok: t-java
        engine.run(Clean.text(text));
        // ok: t-java
        engine.run(Integer.parseInt(text));
        // ruleid: t-java-new
        Job job = new Job(text);
        // ok: t-java-new
        Job other = new Job("nothing");
    }
}
