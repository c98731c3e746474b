package federated

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/data"
)

// side is that of a picture in pixels; pixels are how many it has.
const (
	side   = 28
	pixels = side * side
)

// Digits are the pictures that all of this is made of: MNIST's, of which the backbone is
// pre-trained on 0 to 4, and clients have 5 to 9.
type Digits struct{ Train, Test *data.Images }

// LoadDigits reads them.
func LoadDigits(ctx context.Context) (*Digits, error) {
	train, test, err := data.MNIST(ctx)
	if err != nil {
		return nil, err
	}
	return &Digits{train, test}, nil
}

// of returns the places of the pictures of a digit.
func of(m *data.Images, digit uint8) (at []int) {
	for i, y := range m.Labels {
		if y == digit {
			at = append(at, i)
		}
	}
	return at
}

// turned writes a picture into dst after a number of quarter turns, and a reflection before
// them, over values of any type.
func turned[T any](dst, src []T, turns int, mirror bool) {
	for i := range side {
		for j := range side {
			a, b := i, j
			for range turns {
				a, b = b, side-1-a
			}
			if mirror {
				b = side - 1 - b
			}
			dst[i*side+j] = src[a*side+b]
		}
	}
}

// Domain is how pictures of one kind look: a map of a picture x with values in [0, 1].
type Domain struct {
	Name string
	At   func(x float64, i, j int) float64 // of the pixel in row i and column j
}

// Domains are the four of the experiments. The backbone has met the first two, of other digits.
//
//	plain      x
//	negative   1 - x
//	checkered  0.6 x + 0.4 on squares of four pixels
//	striped    0.6 (1 - x) + 0.4 on every second four rows
//
// What the frozen network says after two or three blocks tells them apart in nine of ten pictures, which
// groups by its features want: with squares and stripes of two pixels it is three in four.
var Domains = []Domain{
	{"plain", func(x float64, _, _ int) float64 { return x }},
	{"negative", func(x float64, _, _ int) float64 { return 1 - x }},
	{"checkered", func(x float64, i, j int) float64 { return 0.6*x + 0.4*float64((i/4+j/4)%2) }},
	{"striped", func(x float64, i, _ int) float64 { return 0.6*(1-x) + 0.4*float64(i/4%2) }},
}

// Examples are pictures with classes.
type Examples struct {
	X []float32 // [n, pixels], values in [0, 1]
	Y []int32   // [n]
}

// Len is how many they are.
func (e Examples) Len() int { return len(e.Y) }

// Take returns those at some places.
func (e Examples) Take(places []int) (out Examples) {
	for _, i := range places {
		out.X = append(out.X, e.X[i*pixels:(i+1)*pixels]...)
		out.Y = append(out.Y, e.Y[i])
	}
	return out
}

// Classes is how many classes clients have: digits 5 to 9 upright, 0 to 4, and after a quarter
// turn, 5 to 9. The backbone has met none.
const Classes = 10

// pool hands out pictures of the ten classes, each base picture once.
type pool struct {
	from  *data.Images
	order [Classes / 2][]int
}

func newPool(from *data.Images, rng *rand.Rand) *pool {
	p := &pool{from: from}
	for d := range p.order {
		p.order[d] = of(from, uint8(5+d))
		rng.Shuffle(len(p.order[d]), func(i, j int) { p.order[d][i], p.order[d][j] = p.order[d][j], p.order[d][i] })
	}
	return p
}

// take appends n pictures of a class as a domain has them.
func (p *pool) take(e *Examples, class, n int, domain Domain) error {
	d := class % (Classes / 2)
	if n > len(p.order[d]) {
		return fmt.Errorf("federated: %d more pictures of digit %d asked for, %d are left: ask for fewer a class and client", n, 5+d, len(p.order[d]))
	}
	raw := make([]uint8, pixels)
	for _, at := range p.order[d][:n] {
		turned(raw, p.from.Image(at), class/(Classes/2), false)
		for k, v := range raw {
			e.X = append(e.X, float32(domain.At(float64(v)/math.MaxUint8, k/side, k%side)))
		}
		e.Y = append(e.Y, int32(class))
	}
	p.order[d] = p.order[d][n:]
	return nil
}
