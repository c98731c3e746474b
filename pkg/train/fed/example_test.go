package fed_test

import (
	"errors"
	"fmt"
	"log"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train/fed"
)

// A round of two clients, one of which comes back with three times as many examples, and with a
// number that is not one at first.
func ExampleServer() {
	layout := model.Layout{{Name: "w", Shape: []int{2}}}
	at := func(v ...float64) model.Params {
		p, err := model.NewParams(layout, [][]float64{v})
		if err != nil {
			log.Fatal(err)
		}
		return p
	}
	s, err := fed.NewServer(at(0, 0), 2, 0, nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := s.Begin([]int{0, 1}); err != nil {
		log.Fatal(err)
	}
	err = s.Take(fed.Update{Client: 0, Examples: 30, Params: at(1, math.NaN())})
	fmt.Println("not finite is refused:", err != nil, "still missing:", s.Missing())
	err = errors.Join(
		s.Take(fed.Update{Client: 0, Examples: 30, Params: at(1, 2)}),
		s.Take(fed.Update{Client: 1, Examples: 10, Params: at(5, -2)}),
		s.Close())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Global.Get("w"), "after round", s.Round)
	// Output:
	// not finite is refused: true still missing: [0 1]
	// [2 1] after round 1
}

// Eleven examples are dealt to four clients.
func ExampleEven() {
	clients, err := fed.Even(11, 4, random.Stream(1, "deal"))
	if err != nil {
		panic(err)
	}
	for _, examples := range clients {
		fmt.Println(len(examples))
	}
	// Output:
	// 3
	// 3
	// 3
	// 2
}
