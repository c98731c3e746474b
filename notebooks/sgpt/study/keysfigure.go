package study

import (
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// KeysFigure is which group the clients' test pictures pick, after training with the factor and
// without, and with keys that did not learn: of the first federation of each kind.
func KeysFigure(k Keys) figure.Figure {
	panel := func(title string, u Usage, names []string) figure.Panel {
		h := &figure.Heat{Scale: "share of the client's pictures", Low: figure.At(0), High: figure.At(1)}
		for i, row := range u.Table {
			name := fmt.Sprint(i + 1)
			if i < len(names) {
				name = names[i]
			}
			h.Rows = append(h.Rows, name)
			n, values := 0, []float64{}
			for _, v := range row {
				n += v
			}
			for _, v := range row {
				values = append(values, float64(v)/float64(n))
			}
			h.Values = append(h.Values, values)
		}
		for g := range u.Table[0] {
			h.Cols = append(h.Cols, fmt.Sprint(g+1))
		}
		return figure.Panel{Title: title, X: figure.Axis{Name: "group"}, Y: figure.Axis{Name: "client"}, Heat: h}
	}
	d, l := k.Domains[0], k.Labels[0]
	return figure.Figure{
		ID: "keys", Title: "Keys with the factor and without", Columns: 3,
		Caption: "Shares of each client's test pictures, without the factor. Above, four domains and four groups; below, twenty clients with two classes each and eight groups. With the factor in training domains mostly have keys of their own, and under label shift usage stays as with keys as drawn; without it few keys win most pictures. Keys that do not learn show what is there before any training.",
		Alt:     "Six heat-maps of clients against groups. Domains: dark squares in all columns with the factor, in fewer columns without. Label shift: spread over several columns with the factor, as with keys as drawn, one or two darker columns without.",
		Panels: []figure.Panel{
			panel("with the factor", d.On, k.Names), panel("without", d.Off, k.Names), panel("keys as drawn", d.FrozenOff, k.Names),
			panel("with the factor", l.On, nil), panel("without", l.Off, nil), panel("keys as drawn", l.FrozenOff, nil)},
	}
}

// UsageHead is the head of [UsageRows].
var UsageHead = []string{"clients", "keys", "factor", "entropy in training", "at test", "smallest at test", "information at test, nats"}

// UsageRows are means over federations.
func UsageRows(k Keys) (rows [][]string) {
	for _, kind := range []struct {
		name string
		all  []Pair
	}{{"domains", k.Domains}, {"label shift", k.Labels}} {
		for _, v := range []struct {
			keys, factor string
			of           func(p Pair) Usage
		}{
			{"learn", "on", func(p Pair) Usage { return p.On }}, {"learn", "off", func(p Pair) Usage { return p.Off }},
			{"as drawn", "on", func(p Pair) Usage { return p.FrozenOn }}, {"as drawn", "off", func(p Pair) Usage { return p.FrozenOff }},
		} {
			number := func(f func(u Usage) float64) string {
				return claim.Plain(Mean(Each(kind.all, func(p Pair) float64 { return f(v.of(p)) })), 2)
			}
			test := Each(kind.all, func(p Pair) float64 { return v.of(p).Test })
			rows = append(rows, []string{kind.name, v.keys, v.factor, number(func(u Usage) float64 { return u.Train }),
				number(func(u Usage) float64 { return u.Test }), claim.Plain(claim.Smallest(test), 2), number(func(u Usage) float64 { return u.Information })})
		}
	}
	of := func(f func(u Usage) float64) []float64 { return Each(k.Alike, f) }
	test := of(func(u Usage) float64 { return u.Test })
	return append(rows, []string{"four brightnesses", "learn", "on", claim.Plain(Mean(of(func(u Usage) float64 { return u.Train })), 2),
		claim.Plain(Mean(test), 2), claim.Plain(claim.Smallest(test), 2), claim.Plain(Mean(of(Information)), 2)})
}

// Information is that of clients and groups at test.
func Information(u Usage) float64 { return u.Information }
