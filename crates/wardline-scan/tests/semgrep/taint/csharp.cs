class Jobs
{
    void Plain(View view)
    {
        var text = Wire.Read();
        // ruleid: t-csharp
        Engine.Run("run " + text);
        // ok: t-csharp
        Engine.Run(Clean.Text(text));
        // ruleid: t-csharp-field
        view.Markup = $"<b>{text}</b>";
        // ok: t-csharp-field
        view.Text = text;
    }
}
