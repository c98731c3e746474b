package study

import (
	"context"
	"fmt"
	"github.com/marginalia-ml/marginalia/pkg/imbalance"
	"os"
	"testing"
	"time"
)

func TestPicScratch(t *testing.T) {
	c := PicturesConfig{Largest: 500, Imbalance: 100, Hidden: 64, Epochs: 40, Start: 10, Inner: 5, Batch: 128, UpperBatch: 256, T: 8, EtaMax: .05, UpperRate: .05, Test: 300, Draws: 2, Seed: 1}
	s := time.Now()
	g, err := Pictures(context.Background(), os.Getenv("MARGINALIA_PLUGIN"), c)
	fmt.Println(err, time.Since(s))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(g.Source)
	for _, m := range Methods {
		fmt.Printf("%-30s %.3f %.3f %.3f\n", m, g.Scores(m, imbalance.Objective{Kind: "balanced"}), g.Scores(m, imbalance.Objective{Kind: "deviation"}), g.Scores(m, imbalance.Objective{Kind: "cvar", A: .2}))
	}
	for _, m := range Methods[6:] {
		d := g.Draws[0][m]
		fmt.Printf("%s %.2f\n   %.2f\n top %.2f up %.3f\n", m, d.L, d.Delta, d.Search.Top, d.Search.Upper)
	}
}
