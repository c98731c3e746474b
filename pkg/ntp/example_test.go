package ntp_test

import (
	"encoding/csv"
	"fmt"
	"log"
	"strconv"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/ntp"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// A random instance, its two limits, and how the loss falls along them: CE(W* + R W^mm)
// exceeds the entropy by about e^-R times a constant.
func Example() {
	in, err := ntp.Data{Kind: "gaussian", Config: ntp.Config{V: 6, M: 4, D: 8, S: 2}, Seed: 1, Stream: "example"}.Instance()
	if err != nil {
		panic(err)
	}
	limits, err := in.Bias()
	if err != nil {
		panic(err)
	}
	fmt.Printf("log-odds missed by at most 1e-9: %v\n", in.LogOddsError(limits.Wstar) <= 1e-9)
	fmt.Printf("least margin %.6f\n", in.MinMargin(limits.Wmm))
	excess := in.ExcessAlong(limits.Wstar, limits.Wmm, []float64{30, 31})
	fmt.Printf("one step further the excess is %.2f of what it was, e^-1 is 0.37\n", excess[1]/excess[0])
	// Output:
	// log-odds missed by at most 1e-9: true
	// least margin 1.000000
	// one step further the excess is 0.37 of what it was, e^-1 is 0.37
}

// W^mm of data of one's own: three contexts in the plane, three tokens. README.md shows
// these lines.
func ExampleInstance_Wmm() {
	H := mat.NewDense(2, 3, []float64{1, 0, -1, 0, 1, -1})            // a column a context
	P := mat.NewDense(3, 3, []float64{.5, 0, 0, .5, .4, 0, 0, .6, 1}) // how often each token follows it
	in, err := ntp.New(H, P, []float64{.3, .3, .4}, nil)              // how often it occurs
	if err != nil {
		log.Fatal(err)
	}
	mm, err := in.Wmm() // with its certificate; an error where no decoder separates the supports
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("W^mm =\n%.3f\nleast margin %.6f\n", mat.Formatted(mm.W), in.MinMargin(mm.W))
	// Output:
	// W^mm =
	// ⎡ 0.667  -0.667⎤
	// ⎢ 0.667   0.333⎥
	// ⎣-1.333   0.333⎦
	// least margin 1.000000
}

// W^mm of one's own contexts and supports from a CSV: a line a context, its embedding, how
// often it occurs, and how often each token follows it, 0 outside its support.
func ExampleNew() {
	const file = `h1,h2,count,the,a,cat
1,0,60,30,30,0
0,1,60,0,24,36
-1,-1,80,0,0,80`
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		log.Fatal(err)
	}
	const d, V = 2, 3
	m := len(rows) - 1 // without the heading
	H, P, pi := mat.NewDense(d, m, nil), mat.NewDense(V, m, nil), make([]float64, m)
	for j, row := range rows[1:] {
		x := make([]float64, len(row))
		for i := range x {
			if x[i], err = strconv.ParseFloat(row[i], 64); err != nil {
				log.Fatal(err)
			}
		}
		H.SetCol(j, x[:d])
		pi[j] = x[d]
		for z, count := range x[d+1:] {
			P.Set(z, j, count/x[d])
		}
	}
	floats.Scale(1/floats.Sum(pi), pi) // counts to frequencies
	in, err := ntp.New(H, P, pi, nil)
	if err != nil {
		log.Fatal(err)
	}
	mm, err := in.Wmm()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("W^mm =\n%.3f\nleast margin %.6f\n", mat.Formatted(mm.W), in.MinMargin(mm.W))
	// Output:
	// W^mm =
	// ⎡ 0.667  -0.667⎤
	// ⎢ 0.667   0.333⎥
	// ⎣-1.333   0.333⎦
	// least margin 1.000000
}
