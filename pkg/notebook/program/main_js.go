package program

import (
	"encoding/json"
	"syscall/js"
)

// Main answers a page, or Node, and does not end: it hands the function marginaliaReady an object
// whose serve(request, post) runs cells, as [Program.Serve] does: request is JSON, and so is what
// post is called with for each Event.
func (p Program) Main() {
	js.Global().Call("marginaliaReady", map[string]any{
		"serve": js.FuncOf(func(_ js.Value, of []js.Value) any {
			request, post := []byte(of[0].String()), of[1]
			go p.Serve(request, func(e Event) { post.Invoke(text(e)) })
			return nil
		}),
	})
	select {}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // what is not finite was refused before
	}
	return string(b)
}
