package study

import (
	"context"
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/federated"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/xla"
)

// Look is one picture of some domains, and where tokens look in the last block.
type Look struct {
	Domain  string
	Group   int
	Picture [][]float64   // [28][28]
	At      [][][]float64 // [tokens][4][4]
}

// RunLooks looks at a picture of the first and of the third domain with what SGPT has learned.
func RunLooks(ctx context.Context, c FeatureConfig, p model.Params, class int, tokens []string) (looks []Look, err error) {
	digits, err := federated.LoadDigits(ctx)
	if err != nil {
		return nil, err
	}
	b, err := federated.Load()
	if err != nil {
		return nil, err
	}
	pool, err := xla.NewPool("", 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = closed(pool, err) }()
	s, err := federated.NewFeature(b, digits, federated.FeatureSpec{Domains: federated.Domains, Copies: 1, Train: 1, Test: 1}, c.Seed)
	if err != nil {
		return nil, err
	}
	m := c.methods(b)["SGPT"]
	once := federated.Feature
	once.Rounds = 1
	m.Groups = len(p.Get("keys")) / b.Net.Dim
	t, err := s.NewTask(ctx, pool, m, once)
	if err != nil {
		return nil, err
	}
	for _, i := range []int{0, 2} {
		e := s.Clients[i].Test.Take([]int{class})
		seen, err := t.Predict(ctx, pool, p, e, federated.Options{})
		if err != nil {
			return nil, err
		}
		a, err := t.Attention(ctx, pool, p, e)
		if err != nil {
			return nil, err
		}
		look := Look{Domain: s.Clients[i].Name, Group: seen.Group[0], Picture: rows(float64s(e.X), b.Net.Width)}
		for _, name := range tokens {
			at := -1
			for k, v := range a.Tokens {
				if v == name {
					at = k
				}
			}
			if at < 0 {
				return nil, fmt.Errorf("study: there is no token %q among %v", name, a.Tokens)
			}
			look.At = append(look.At, rows(a.Patches[0][at], b.Net.Width/b.Net.Patch))
		}
		looks = append(looks, look)
	}
	return looks, nil
}

func float64s(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// rows cuts numbers into rows of a width.
func rows(x []float64, width int) (all [][]float64) {
	for i := 0; i < len(x); i += width {
		all = append(all, x[i:i+width])
	}
	return all
}

// LooksFigure shows pictures beside the attention of tokens.
func LooksFigure(looks []Look, tokens []string) figure.Figure {
	heat := func(title, scale string, values [][]float64) figure.Panel {
		h := &figure.Heat{Values: values, Scale: scale}
		for i := range values {
			h.Rows = append(h.Rows, fmt.Sprint(i+1))
		}
		for j := range values[0] {
			h.Cols = append(h.Cols, fmt.Sprint(j+1))
		}
		return figure.Panel{Title: title, X: figure.Axis{Name: "column"}, Y: figure.Axis{Name: "row"}, Heat: h, Ratio: 1}
	}
	var panels []figure.Panel
	for _, l := range looks {
		panels = append(panels, heat(fmt.Sprintf("%s: group %d", l.Domain, l.Group+1), "brightness", l.Picture))
		for k, name := range tokens {
			panels = append(panels, heat(name, "attention", l.At[k]))
		}
	}
	return figure.Figure{ID: "looks", Title: "Where prompts look", Columns: 1 + len(tokens), Panels: panels,
		Caption: "A test picture of two domains, and how much attention the class token, a shared prompt and a prompt of the group that the picture picked give to each of its 16 patches in the last block, mean of the heads; what is missing to one goes to other tokens. One picture each: an illustration, no statement.",
		Alt:     "Two rows of four heat-maps: a digit, and three maps of four by four patches that show where the attention of the tokens falls."}
}
