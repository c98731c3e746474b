package federated

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// kept is the hash of the backbone that is part of the package; scripts/federate --pretrain says
// which one it has made.
const kept = "8ed16d19e586639f579d68bc43b5c92c20dc7be7b100cf580fcd68e0f1f26e46"

func TestKeptBackbone(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if b.Hash != kept {
		t.Errorf("the backbone of the package has the hash %s, want %s: say in this test that it was made again", b.Hash, kept)
	}
}

// A short pre-training twice has the same bits, and the loss falls.
func TestPretrainAgain(t *testing.T) {
	c := Pretraining{Net: tiny, Steps: 30, Batch: 16, Rate: 5e-3, Decay: 0.02, Warmup: 5, Seed: 1}
	hash := func(c Pretraining) string {
		run, err := c.Pretrain(context.Background(), workerBackend(t), testDigits())
		if err != nil {
			t.Fatal(err)
		}
		if loss := run.Column("loss"); !(loss[2] < loss[0]) || math.Abs(loss[0]-math.Log(80)) > 0.01 { // a head of zeros
			t.Errorf("the loss is %v, want it to fall from ln 80", loss)
		}
		b, err := NewBackbone(c.Net, run.Last)
		if err != nil {
			t.Fatal(err)
		}
		return b.Hash
	}
	one, two := hash(c), hash(c)
	c.Seed = 2
	if other := hash(c); one != two || one == other {
		t.Errorf("hashes of one seed %.8s and %.8s, of another %.8s", one, two, other)
	}
}

func TestTurned(t *testing.T) {
	rng := random.Stream(1, "turned")
	x := make([]int, pixels)
	for i := range x {
		x[i] = rng.IntN(1000)
	}
	at := func(turns int, mirror bool, src []int) []int {
		dst := make([]int, pixels)
		turned(dst, src, turns, mirror)
		return dst
	}
	if !slices.Equal(at(0, false, x), x) || !slices.Equal(at(4, false, x), x) || !slices.Equal(at(0, true, at(0, true, x)), x) {
		t.Error("no turn, four turns or two reflections change a picture")
	}
	if !slices.Equal(at(1, false, at(1, false, x)), at(2, false, x)) || !slices.Equal(at(1, false, at(2, false, x)), at(3, false, x)) {
		t.Error("turns do not add up")
	}
	var seen [][]int
	for v := range 8 {
		y := at(v%4, v/4 == 1, x)
		if slices.ContainsFunc(seen, func(z []int) bool { return slices.Equal(z, y) }) {
			t.Errorf("variant %d is another one", v)
		}
		seen = append(seen, y)
	}
	if y := at(2, false, x); y[0] != x[pixels-1] {
		t.Error("half a turn does not bring the last pixel to the first place")
	}
}

// Pictures of pre-training are of digits 0 to 4, clients' of 5 to 9, and no base picture is
// anybody's twice.
func TestNoPictureTwice(t *testing.T) {
	d := testDigits()
	set, err := shown(d.Train, 700, random.Stream(1, "shown"))
	if err != nil {
		t.Fatal(err)
	}
	labels, err := tensors.CopyFlatData[int32](set[1])
	if err != nil {
		t.Fatal(err)
	}
	count := make([]int, 5*variants)
	for _, y := range labels {
		count[y]++
	}
	for y, n := range count { // 8.75 ± 3 expected
		if n < 1 || n > 25 {
			t.Errorf("label %d is there %d times of 700", y, n)
		}
	}
	s, err := NewFeature(testBackbone(t), d, FeatureSpec{Domains: Domains[:1], Copies: 3, HoldOut: true, Others: Domains[:1], Train: 5, Test: 4}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Clients) != 2 || len(s.Unseen) != 2 {
		t.Fatalf("%d clients and %d unseen, want 2 and 2", len(s.Clients), len(s.Unseen))
	}
	if other := s.Unseen[1]; other.Domain != 1 || other.Train.Len() != 0 || other.Test.Len() != 4*Classes {
		t.Errorf("the client of another domain has the domain %d, %d and %d pictures, want 1, 0 and 40", other.Domain, other.Train.Len(), other.Test.Len())
	}
	digit := map[string]uint8{}
	for _, m := range []*data.Images{d.Train, d.Test} {
		for i, y := range m.Labels {
			digit[string(m.Image(i))] = y
		}
	}
	pictures := map[string]bool{}
	for _, c := range s.everybody() {
		for _, e := range []Examples{c.Train, c.Test} {
			for i := range e.Len() {
				x, upright := e.X[i*pixels:(i+1)*pixels], make([]float32, pixels)
				turns := 0
				if e.Y[i] >= Classes/2 {
					turns = 3 // back
				}
				turned(upright, x, turns, false)
				key := make([]byte, pixels)
				for k, v := range upright {
					key[k] = byte(math.Round(255 * float64(v)))
				}
				if y, there := digit[string(key)]; !there || int32(y) != 5+e.Y[i]%(Classes/2) {
					t.Errorf("class %d has a picture of the digit %d (%t)", e.Y[i], y, there)
				}
				if pictures[string(key)] {
					t.Fatal("a base picture is there twice")
				}
				pictures[string(key)] = true
			}
		}
	}
}
