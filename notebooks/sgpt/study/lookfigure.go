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
	Picture [][]float64   // [14][14], means of four pixels
	At      [][][]float64 // [tokens][4][4]
}

// RunLooks looks at a picture of the first and of the third domain with what SGPT has learned.
func RunLooks(ctx context.Context, c FeatureConfig, last map[string][]float64, class int, tokens []string) (looks []Look, err error) {
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
	t, err := s.NewTask(ctx, pool, m, once)
	if err != nil {
		return nil, err
	}
	p, err := named(t.Start().Layout, last)
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
		look := Look{Domain: s.Clients[i].Name, Group: seen.Group[0], Picture: coarse(e.X, b.Net.Width)}
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

// named puts values by name in the place of a layout's.
func named(l model.Layout, values map[string][]float64) (model.Params, error) {
	all := make([][]float64, len(l))
	for i, p := range l {
		all[i] = values[p.Name]
	}
	return model.NewParams(l, all)
}

// coarse returns the means of squares of four pixels of a picture of an even width.
func coarse(x []float32, width int) (all [][]float64) {
	for i := 0; i < len(x)/width; i += 2 {
		row := make([]float64, width/2)
		for j := range row {
			at := i*width + 2*j
			row[j] = (float64(x[at]) + float64(x[at+1]) + float64(x[at+width]) + float64(x[at+width+1])) / 4
		}
		all = append(all, row)
	}
	return all
}

// rows cuts numbers into rows of a width.
func rows(x []float64, width int) (all [][]float64) {
	for i := 0; i < len(x); i += width {
		all = append(all, x[i:i+width])
	}
	return all
}

// LooksFigure shows pictures beside the attention of tokens, which have titles.
func LooksFigure(looks []Look, titles []string) figure.Figure {
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
		for k, name := range titles {
			panels = append(panels, heat(name, "attention", l.At[k]))
		}
	}
	return figure.Figure{ID: "looks", Title: "Where prompts look", Columns: 1 + len(titles), Panels: panels,
		Caption: "A test picture of two domains, and how much attention a shared prompt of the first block and a prompt, before the last block, of the group that the picture picked give to each of its 16 patches in the last block, mean of the heads; what is missing to one goes to other tokens. One picture each: an illustration, no statement.",
		Alt:     "Two rows of three heat-maps: a digit, and two maps of four by four patches that show where the attention of the tokens falls."}
}
