package program

import (
	"encoding/json"
	"syscall/js"
)

// Main answers a page, or Node, and does not end: it hands the function marginaliaReady an object
//
//	serve(request, post)  runs cells; post is called with the JSON of each Event
//	idea                  the JSON of the figure to explore: its title, words and controls; "" if there is none
//	explore(values)       the JSON of a Scene; who drags comes by the same values again, whose scenes are kept
//
// whose texts are JSON, as [Program.Serve] and [Program.Explored] have them.
func (p Program) Main() {
	explored := remembered(func(values string) string { return text(p.Explored([]byte(values))) })
	offered := map[string]any{
		"serve": js.FuncOf(func(_ js.Value, of []js.Value) any {
			request, post := []byte(of[0].String()), of[1]
			go p.Serve(request, func(e Event) { post.Invoke(text(e)) })
			return nil
		}),
		"explore": js.FuncOf(func(_ js.Value, of []js.Value) any { return explored(of[0].String()) }),
		"idea":    "",
	}
	if p.Idea != nil {
		offered["idea"] = text(p.Idea)
	}
	js.Global().Call("marginaliaReady", offered)
	select {}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // what is not finite was refused before
	}
	return string(b)
}
