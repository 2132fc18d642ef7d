package main

func plain() {
	text := wire.Read()
	// ruleid: t-go
	engine.Run("run " + text)
	number, _ := strconv.Atoi(text)
	// ok: t-go
	engine.Run(number)
	// ok: t-go
	engine.Show(text)
}

func focus() {
	text := wire.Read()
	// ruleid: t-go-focus
	client.Send("me", text)
	// ok: t-go-focus
	client.Send(text, "me")
	// ok: t-go-focus
	other.Send("me", text)
}
